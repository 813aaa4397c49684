/** All scrape loops: brings them in line with what discovery finds, and passes their states on. */
import { createHash } from "node:crypto";
import type { TargetSpec } from "@lockstep/config/target";
import { sortedEntries } from "@lockstep/schemas/domain/labels";
import type { Legacy } from "./legacy.ts";
import { ScrapeLoop, type ScrapeLoopOptions } from "./scrape-loop.ts";
import { type Health, type TargetState, targetRow } from "./target-state.ts";

/** A target whose state did not change tells so again this often. */
const STATE_EVERY_MS = 15_000;

export type ScrapePoolsOptions = Pick<ScrapeLoopOptions, "publisher" | "compileRelabel" | "now"> & {
  /** Of this process start; rows of an earlier one no longer count. */
  readonly run: string;
};

type Member = { readonly target: TargetSpec; readonly loop: ScrapeLoop; health: Health; error: string; toldAt: number };

export class ScrapePools {
  readonly #options: ScrapePoolsOptions;
  readonly #pools = new Map<string, Map<string, Member>>();
  /** Loops that are ending. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: ScrapePoolsOptions) {
    this.#options = options;
  }

  /** `targets` are now all of the pool: new ones start, those that are gone stop and go stale. */
  set(pool: string, targets: readonly TargetSpec[], strict: boolean): void {
    const members = this.#pools.get(pool) ?? new Map<string, Member>();
    this.#pools.set(pool, members);
    const wanted = new Map(targets.map((target) => [identity(target, strict), target]));
    const added = [...wanted].filter(([key]) => !members.has(key));
    const successors = new Map(added.map(([key, target]) => [seriesOf(target), key]));
    const legacies = new Map<string, Promise<Legacy>>();
    for (const [key, member] of members) {
      if (wanted.has(key)) continue;
      const successor = successors.get(seriesOf(member.target));
      if (successor === undefined || legacies.has(successor)) this.#remove(members, key, member);
      else legacies.set(successor, this.#replace(members, key, member));
    }
    for (const [key, target] of added) this.#add(members, key, target, strict, legacies.get(key));
  }

  /** Ends the pools that are not named. */
  keep(pools: ReadonlySet<string>): void {
    for (const name of this.#pools.keys()) {
      if (pools.has(name)) continue;
      this.set(name, [], false);
      this.#pools.delete(name);
    }
  }

  #add(
    members: Map<string, Member>,
    key: string,
    target: TargetSpec,
    strict: boolean,
    predecessor: Promise<Legacy> | undefined,
  ): void {
    const { publisher, compileRelabel, now } = this.#options;
    const offsetMs = offsetOf(target);
    const onState = (state: TargetState) => this.#onState(member, state);
    const loop = new ScrapeLoop({
      target,
      publisher,
      strict,
      compileRelabel,
      now,
      offsetMs,
      onState,
      ...(predecessor !== undefined && { predecessor }),
    });
    const member: Member = { target, loop, health: "unknown", error: "", toldAt: now() };
    members.set(key, member);
    this.#tell(member, undefined, true);
    loop.start();
  }

  #remove(members: Map<string, Member>, key: string, member: Member): void {
    this.#end(members, key, member);
    const ending = member.loop.stop(true).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** Another loop goes on with the target: its series do not end. */
  #replace(members: Map<string, Member>, key: string, member: Member): Promise<Legacy> {
    this.#end(members, key, member);
    return member.loop.handOver();
  }

  #end(members: Map<string, Member>, key: string, member: Member): void {
    members.delete(key);
    member.health = "gone";
    this.#tell(member, undefined, true);
  }

  #onState(member: Member, state: TargetState): void {
    const health = state.error === "" ? "up" : "down";
    const changed = health !== member.health || state.error !== member.error;
    if (!changed && state.lastScrapeMs - member.toldAt < STATE_EVERY_MS) return;
    Object.assign(member, { health, error: state.error, toldAt: state.lastScrapeMs });
    this.#tell(member, state, changed);
  }

  #tell({ target, health }: Member, state: TargetState | undefined, urgent: boolean): void {
    const { publisher, run, now } = this.#options;
    publisher.row("targets", targetRow(target, health, state, run, now()), urgent);
  }

  async stop(): Promise<void> {
    const members = [...this.#pools.values()].flatMap((pool) => [...pool.values()]);
    await Promise.all([...members.map(({ loop }) => loop.stop(false)), ...this.#ending]);
  }
}

/** Two targets are the same loop when all that decides their scrape is the same. */
function identity(target: TargetSpec, strict: boolean): string {
  const { staticConfigs: _, fileSdConfigs: __, ...scrape } = target.scrape;
  const maps = (_key: string, value: unknown) => (value instanceof Map ? [...value] : value);
  return `${target.hash} ${target.intervalMs} ${target.timeoutMs} ${strict} ${JSON.stringify(scrape, maps)}`;
}

/** Two targets bring the same series when they have the same labels and page, however it is scraped. */
function seriesOf({ url, labels }: TargetSpec): string {
  return JSON.stringify([url, ...sortedEntries(labels)]);
}

/** Spreads targets over their interval, each always at the same place in it. */
function offsetOf(target: TargetSpec): number {
  const hash = createHash("sha1").update(target.hash).update(target.url).digest().readUInt32LE(0);
  return Math.floor((hash / 2 ** 32) * target.intervalMs);
}
