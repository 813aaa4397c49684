import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createKafka } from "../../src/kafka/client.ts";
import { openKafkaLeadership } from "../../src/kafka/leadership.ts";
import { newestLeader } from "../../src/kafka/leadership-assigner.ts";
import type { KafkaSettings } from "../../src/kafka/settings.ts";
import { type Broker, brokerMissing, startBroker } from "./broker.ts";

const missing = brokerMissing();
if (missing !== undefined) console.log(`leadership by Kafka: skipped, ${missing}`);

test.each([
  [[], undefined],
  [
    [
      ["b", 0],
      ["a", 0],
    ],
    "a",
  ],
  [
    [
      ["a", 0],
      ["b", 1],
    ],
    "b",
  ],
  [
    [
      ["a", 2],
      ["b", 1],
    ],
    "a",
  ],
] as [[string, number][], string | undefined][])("of %j leads %s", (candidates, chosen) => {
  expect(newestLeader(candidates.map(([memberId, ledAt]) => ({ memberId, ledAt })))).toBe(chosen);
});

type Answer = { readonly at: number; readonly confirmed: boolean; readonly leads: boolean };

class Candidate {
  readonly answers: Answer[] = [];
  readonly #child: ChildProcess;

  constructor(broker: Broker, prefix: string, identity: string) {
    const script = join(import.meta.dirname, "lead.ts");
    this.#child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", script, broker.address, prefix, identity],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    createInterface({ input: this.#child.stdout! }).on("line", (line) => this.answers.push(JSON.parse(line) as Answer));
  }

  get confirmed(): boolean {
    return this.answers.at(-1)?.confirmed ?? false;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async untilConfirmed(limitMs: number): Promise<number> {
    const begun = Date.now();
    while (!this.confirmed) {
      if (Date.now() - begun > limitMs) throw new Error(`not confirmed within ${limitMs} ms`);
      await sleep(20);
    }
    return Date.now() - begun;
  }
}

describe.skipIf(missing !== undefined)("who leads", { timeout: 60_000 }, () => {
  let broker: Broker;
  const candidates: Candidate[] = [];
  const candidate = (prefix: string, identity: string) => {
    const made = new Candidate(broker, prefix, identity);
    candidates.push(made);
    return made;
  };

  beforeAll(async () => {
    broker = await startBroker();
  }, 60_000);

  afterAll(async () => {
    for (const each of candidates) each.signal("SIGKILL");
    await broker?.remove();
  });

  test("stays with its owner when another comes, and goes over within 15 s of a kill -9", async () => {
    const first = candidate("kill", "first");
    await first.untilConfirmed(20_000);
    const second = candidate("kill", "second");
    await sleep(5_000);
    expect(second.answers.length).toBeGreaterThan(10);
    expect(second.answers.some(({ leads }) => leads)).toBe(false);
    await first.untilConfirmed(5_000);
    first.signal("SIGKILL");
    const tookMs = await second.untilConfirmed(20_000);
    console.log(`take-over after kill -9: ${tookMs} ms`);
    expect(tookMs).toBeLessThan(15_000);
    second.signal("SIGTERM");
    const third = candidate("kill", "third");
    await third.untilConfirmed(10_000);
  });

  test("a leader that slept is told no, and never two are told yes", async () => {
    const sleeper = candidate("sleep", "sleeper");
    await sleeper.untilConfirmed(20_000);
    const successor = candidate("sleep", "successor");
    await sleep(3_000);
    await sleeper.untilConfirmed(5_000);
    sleeper.signal("SIGSTOP");
    const toldBefore = sleeper.answers.length;
    await successor.untilConfirmed(20_000);
    await sleep(1_000);
    sleeper.signal("SIGCONT");
    await sleep(4_000);
    const after = sleeper.answers.slice(toldBefore);
    expect(after.length).toBeGreaterThan(5);
    // At most one line was on its way when it was put to sleep.
    expect(after.slice(1).filter(({ confirmed }) => confirmed)).toEqual([]);
    expect(successor.confirmed).toBe(true);
    const firstYes = successor.answers.find(({ confirmed }) => confirmed)!.at;
    expect(sleeper.answers.filter(({ at, confirmed }) => confirmed && at > firstYes)).toEqual([]);
  });

  test("nobody is confirmed while Kafka sleeps, and the owner is again when it wakes", async () => {
    const only = candidate("away", "only");
    await only.untilConfirmed(20_000);
    await broker.kill("SIGSTOP");
    await sleep(3_000);
    expect(only.confirmed).toBe(false);
    await broker.kill("SIGCONT");
    await only.untilConfirmed(30_000);
  });

  test("who leads can be read from the group", async () => {
    const settings: KafkaSettings = {
      brokers: [broker.address],
      topicPrefix: "named",
      compression: "none",
      partitions: 1,
      retentionMs: 3_600_000,
    };
    const log = { debug() {}, warn() {}, error() {} };
    const changes: boolean[] = [];
    const leadership = await openKafkaLeadership({ settings, clientId: "c", identity: "node-07", log, onMisfit() {} });
    leadership.onChange((leads) => changes.push(leads));
    while (!(await leadership.confirm())) await sleep(50);
    const admin = createKafka(settings, "reader", log).admin();
    await admin.connect();
    const [topic] = await admin.fetchOffsets({ groupId: "named.watch", topics: ["named.leader"] });
    await admin.disconnect();
    expect(topic?.partitions[0]?.metadata).toMatch(/^node-07 /);
    await leadership.close();
    expect(leadership.leads).toBe(false);
    expect(await leadership.confirm()).toBe(false);
    expect(changes).toEqual([true, false]);
  });
});
