import { setTimeout as sleep } from "node:timers/promises";
import { judge, readFailedScrapes, readStored } from "../../stored-pages.ts";
import { audit } from "../audit.ts";
import { Deployment } from "../deployment.ts";
import type { KeptProcess } from "../kept-process.ts";
import { Load } from "../load.ts";
import { rollupsDiffer } from "../rollups.ts";
import { Checks, type Scenario, seeded } from "../scenario.ts";
import { atRest, caughtUp } from "../waiting.ts";

const COLLECTOR_PAUSE_MS = 4_000;
/** A page that was served to a sleeping collector is in flight until it wakes. */
const IN_FLIGHT_MS = COLLECTOR_PAUSE_MS + 1_500;
/** Longer than a member of the group may be silent. */
const PAUSE_MS = 13_000;

type Action = { readonly name: string; readonly act: () => void };

/** Everything dies and sleeps at random, all the while targets are scraped. */
export const kills: Scenario = {
  name: "kills",
  about: "kill -9 of collectors, ingests, Kafka and ClickHouse at random, and pauses longer than the session time-out",
  seconds: { short: 60, long: 600 },
  async run({ seconds, seed, print }) {
    const load = await Load.start({ targets: 8, valuesPerPage: 300, late: 4 });
    const deployment = await Deployment.start({ config: load.config, collectors: 2, ingests: 3 });
    try {
      await caughtUp(deployment, load.live, 5_000, 60_000);
      const trouble = new Trouble(deployment, seeded(seed));
      await trouble.run(seconds, print);
      await caughtUp(deployment, load.live, 5_000, 90_000);
      await load.stop();
      await atRest(deployment, 90_000);
      const checks = new Checks();
      const counted = await audit(deployment.cluster, deployment.store);
      const stored = await readStored(deployment.store);
      const failed = await readFailedScrapes(deployment.store);
      const judged = load.exporters.map((exporter, i) => {
        const address = load.addresses[i]!;
        return judge(exporter, stored.get(address) ?? new Map(), {
          collectorKills: trouble.collectorKills,
          failedScrapes: failed.get(address) ?? [],
          inFlightMs: IN_FLIGHT_MS,
        });
      });
      const rollups = await rollupsDiffer(deployment.store);
      checks.equal("lost", counted.lost, 0);
      checks.equal("doubled", counted.doubled, 0);
      checks.equal("appends missing in Kafka", counted.missingAppends, 0);
      checks.empty(
        "pages lost without a kill",
        judged.flatMap(({ lost }) => lost),
      );
      checks.empty(
        "pages in part or twice",
        judged.flatMap(({ notWhole }) => notWhole),
      );
      checks.equal("roll-up windows that differ from raw", rollups.differing, 0);
      checks.atLeast("roll-up rows compared", rollups.compared, 1);
      checks.empty("processes that ended by themselves", deployment.crashes());
      return {
        figures: {
          seed,
          ...trouble.counts(),
          "scrapes that failed": [...failed.values()].flat().length,
          "pages served": judged.reduce((sum, { served }) => sum + served, 0),
          "pages stored": judged.reduce((sum, { stored: pages }) => sum + pages, 0),
          "samples in Kafka": counted.rows,
          "blocks sent again": counted.sentAgain,
          lost: counted.lost,
          doubled: counted.doubled,
          "roll-up rows compared": rollups.compared,
          "roll-up rows that differ": rollups.differing,
        },
        failures: checks.failures,
      };
    } finally {
      await load.stop();
      await deployment.stop();
    }
  },
};

class Trouble {
  readonly #deployment: Deployment;
  readonly #random: () => number;
  readonly #counts = new Map<string, number>();
  /** Milliseconds since 1970. */
  readonly collectorKills: number[] = [];
  readonly #paused = new Set<KeptProcess | "kafka">();
  readonly #timers = new Set<Promise<void>>();

  constructor(deployment: Deployment, random: () => number) {
    this.#deployment = deployment;
    this.#random = random;
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  /** Every kind once before any comes again, in an order that the seed decides. */
  async run(seconds: number, print: (line: string) => void): Promise<void> {
    const end = Date.now() + seconds * 1000;
    let bag: Action[] = [];
    while (Date.now() < end) {
      if (bag.length === 0) bag = this.#shuffled(this.#actions());
      const action = bag.pop()!;
      action.act();
      this.#counts.set(action.name, (this.#counts.get(action.name) ?? 0) + 1);
      print(`  ${((end - Date.now()) / 1000).toFixed(0)} s left: ${action.name}`);
      await sleep(1_500 + this.#random() * 4_000);
    }
    await Promise.all(this.#timers);
  }

  #actions(): Action[] {
    const { collectors, ingests, storeProcess } = this.#deployment;
    const one = (processes: readonly KeptProcess[]) => processes[Math.floor(this.#random() * processes.length)]!;
    const killCollector = () => {
      const victim = one(collectors);
      if (!this.#paused.has(victim) && victim.signal("SIGKILL")) this.collectorKills.push(Date.now());
    };
    const killIngest = () => void one(ingests).signal("SIGKILL");
    return [
      { name: "kill collector", act: killCollector },
      { name: "kill ingest", act: killIngest },
      { name: "kill ingest", act: killIngest },
      { name: "kill ClickHouse", act: () => void storeProcess.signal("SIGKILL") },
      { name: "kill Kafka", act: () => this.#later(this.#restartKafka()) },
      { name: "pause ingest", act: () => this.#pause(one(ingests), PAUSE_MS) },
      { name: "pause collector", act: () => this.#pause(one(collectors), COLLECTOR_PAUSE_MS) },
      { name: "pause Kafka", act: () => this.#later(this.#pauseKafka()) },
    ];
  }

  #shuffled(actions: Action[]): Action[] {
    return actions
      .map((action) => ({ action, key: this.#random() }))
      .sort((a, b) => a.key - b.key)
      .map(({ action }) => action);
  }

  #later(work: Promise<void>): void {
    this.#timers.add(work);
    void work.finally(() => this.#timers.delete(work));
  }

  #pause(victim: KeptProcess, ms: number): void {
    if (this.#paused.has(victim) || !victim.signal("SIGSTOP")) return;
    this.#paused.add(victim);
    this.#later(
      sleep(ms).then(() => {
        this.#paused.delete(victim);
        victim.signal("SIGCONT");
      }),
    );
  }

  async #restartKafka(): Promise<void> {
    if (this.#paused.has("kafka")) return;
    this.#paused.add("kafka");
    await this.#deployment.broker.kill();
    await sleep(1_000 + this.#random() * 3_000);
    await this.#deployment.broker.start();
    this.#paused.delete("kafka");
  }

  async #pauseKafka(): Promise<void> {
    if (this.#paused.has("kafka")) return;
    this.#paused.add("kafka");
    await this.#deployment.broker.kill("SIGSTOP");
    await sleep(PAUSE_MS);
    await this.#deployment.broker.kill("SIGCONT");
    this.#paused.delete("kafka");
  }
}
