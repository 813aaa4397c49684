import type { JobGroup, JobGroups } from "./job-groups.ts";
import type { Mismatch } from "./mismatch.ts";
import type { RankRecord } from "./rank-record.ts";
import { stalled } from "./stalled.ts";
import type { Wait } from "./wait.ts";
import type { WaitGraph } from "./wait-graph.ts";

export type CulpritReason =
  /** Its dump shows that it never entered what others wait in, and that it waits for nobody. */
  | "never_entered"
  /** It has no dump, and what others wait in lacks nobody else. */
  | "dump_missing"
  /** All entered, but it stopped entering where its peers went on. */
  | "stopped_early"
  /** All entered, but it has not finished what its peers finished before. */
  | "gpu_stopped"
  /** All entered, but its GPU has not begun what those of its peers have. */
  | "gpu_not_started"
  /** All entered, but the call that starts it has not returned there. */
  | "inside_call";

export type Culprit = {
  readonly rank: number;
  readonly reason: CulpritReason;
  /** The waits it is to blame for itself. */
  readonly waits: readonly Wait[];
};

/** Why a hang has no single rank to blame. */
export type Blameless = {
  readonly reason: "communication" | "ordering" | "dumps_missing";
  readonly wait: Wait;
  readonly ranks: readonly number[];
};

export type Hang = { readonly culprits: readonly Culprit[]; readonly blameless: readonly Blameless[] };

export type JobRanks = {
  readonly groups: JobGroups;
  readonly records: ReadonlyMap<number, RankRecord>;
  /** Their dump is older than the others. */
  readonly stale: ReadonlySet<number>;
  /** Ranks of the job's groups that gave no dump. */
  readonly silent: readonly number[];
};

/**
 * Follows every wait to where it ends. The ends are, in this order: a rank that never entered and waits for nobody; a
 * mismatch; an operation that everyone entered and nobody completed; ranks without a dump; a ring of waits.
 */
export function findCulprits(graph: WaitGraph, ranks: JobRanks, mismatched: readonly Mismatch[]): Hang {
  const { records, stale, groups } = ranks;
  const accused = new Accused();
  const ends: number[] = [];
  for (const [index, wait] of graph.waits.entries()) {
    if (isMismatched(wait, mismatched)) {
      ends.push(index);
      continue;
    }
    const idle = wait.missing.filter((rank) => !graph.ofRank.has(rank));
    for (const rank of idle) accused.add(rank, "never_entered", wait);
    if (idle.length > 0) ends.push(index);
  }
  const explained = graph.leadingTo(ends);
  const blameless: Blameless[] = [];
  const noDump: Wait[] = [];
  for (const [index, wait] of graph.waits.entries()) {
    if (explained.has(index) || graph.heldUpBy[index]!.length > 0) continue;
    ends.push(index);
    if (wait.opaque) continue;
    const silent = wait.unknown.filter((rank) => !stale.has(rank));
    if (wait.unknown.length > 0) {
      if (silent.length > 0) noDump.push(wait);
      continue;
    }
    const suspects = stalled(wait, index, graph, records);
    for (const rank of suspects.ranks) accused.add(rank, suspects.reason, suspects.wait);
    if (suspects.ranks.length === 0 && wait.waiting.size > 1 && !blameless.some((each) => isBetweenSame(each, wait)))
      blameless.push({ reason: "communication", wait, ranks: wait.members });
  }
  const known = graph.leadingTo(ends.filter((index) => !noDump.includes(graph.waits[index]!)));
  const held = [...known].flatMap((index) => [...graph.waits[index]!.waiting.keys()]);
  const guilty = accused.list().map(({ rank }) => rank);
  blameless.push(...judgeSilent(noDump, accused, groupMates(new Set([...held, ...guilty]), groups.all), ranks));
  const rings = ringsOf(graph, graph.leadingTo(ends));
  return { culprits: accused.list(), blameless: [...blameless, ...rings] };
}

/** The two ways of an exchange are one. */
function isBetweenSame({ wait }: Blameless, { group, members }: Wait): boolean {
  return wait.group.key === group.key && members.every((rank) => wait.members.includes(rank));
}

/** After the first mismatch of a group, or of the messages one way, nothing in it can be paired: nobody is late there. */
function isMismatched({ group, p2p, seq, members }: Wait, mismatched: readonly Mismatch[]): boolean {
  return mismatched.some(
    (each) =>
      each.group.key === group.key &&
      each.p2p === p2p &&
      seq >= each.seq &&
      (!p2p || each.members.every((rank, at) => rank === members[at])),
  );
}

/** With more of a job's ranks silent than this, their dumps were rather not collected: a finding names none of them. */
const mostSilent = 1 / 4;

/** All who share a group with one of `ranks`. */
function groupMates(ranks: ReadonlySet<number>, groups: readonly JobGroup[]): Set<number> {
  const mates = new Set<number>();
  for (const { members } of groups)
    if (members.some((rank) => ranks.has(rank))) for (const rank of members) mates.add(rank);
  return mates;
}

/**
 * Ranks without a dump are only accused where nothing else explains the hang: a dump may be lost, and its rank wait in one of
 * its groups for what others there wait for (`mayWait`).
 */
function judgeSilent(
  waits: readonly Wait[],
  accused: Accused,
  mayWait: ReadonlySet<number>,
  { records, stale, silent }: JobRanks,
): Blameless[] {
  const suspects = new Map<Wait, number[]>();
  for (const wait of waits) {
    const ranks = wait.unknown.filter((rank) => !stale.has(rank) && !mayWait.has(rank));
    if (ranks.length > 0) suspects.set(wait, ranks);
  }
  const untold = Math.max(new Set([...suspects.values()].flat()).size, silent.length);
  if (untold > Math.max(1, mostSilent * (records.size + silent.length)))
    return [...suspects].map(([wait, ranks]) => ({ reason: "dumps_missing", wait, ranks }));
  for (const [wait, ranks] of suspects) for (const rank of ranks) accused.add(rank, "dump_missing", wait);
  return [];
}

/** Waits that lead nowhere but to each other, one for each ring: the innermost, where several hold each other up. */
function ringsOf(graph: WaitGraph, explained: ReadonlySet<number>): Blameless[] {
  const found: Blameless[] = [];
  const seen = new Set(explained);
  for (const start of graph.waits.keys()) {
    if (seen.has(start)) continue;
    const ring = ringFrom(graph, start);
    const ranks = new Set<number>();
    for (const index of ring) for (const rank of graph.waits[index]!.missing) ranks.add(rank);
    const wait = graph.waits[ring[0]!]!;
    found.push({ reason: "ordering", wait, ranks: [...ranks].toSorted((a, b) => a - b) });
    for (const index of graph.leadingTo(ring)) seen.add(index);
  }
  return found;
}

/** Every wait that is not explained is held up by another such, so walking on must come round. */
function ringFrom(graph: WaitGraph, start: number): number[] {
  const path: number[] = [];
  const at = new Map<number, number>();
  let index = start;
  while (!at.has(index)) {
    at.set(index, path.length);
    path.push(index);
    index = graph.heldUpBy[index]![0]!;
  }
  return path.slice(at.get(index)!);
}

/** Each rank is accused once, by its first reason. */
class Accused {
  readonly #found = new Map<number, { reason: CulpritReason; waits: Wait[] }>();

  add(rank: number, reason: CulpritReason, wait: Wait): void {
    const known = this.#found.get(rank);
    if (known === undefined) this.#found.set(rank, { reason, waits: [wait] });
    else known.waits.push(wait);
  }

  list(): Culprit[] {
    return [...this.#found].map(([rank, { reason, waits }]) => ({ rank, reason, waits })).toSorted(byRank);
  }
}

function byRank(a: Culprit, b: Culprit): number {
  return a.rank - b.rank;
}
