/**
 * Nodes against the ranks of other nodes that do the same work. Ranks of a slow node are each other's peers and move each
 * other's middle, so none of them may stand out; all of them together, held against other nodes only, do.
 */
import { DisjointSets } from "../stats/disjoint-sets.ts";
import { medianOfOthers, medianOfPrefix, medianOfSorted, sortPrefix } from "../stats/median.ts";
import type { JobWindow } from "./job-window.ts";
import { isSlow, robustScore, zLimits } from "./robust-score.ts";
import type { Thresholds } from "./thresholds.ts";

export type NodeScore = {
  readonly nodes: readonly NodeRanks[];
  /** ln(node / other nodes), [node * steps + step]: the median over its ranks. */
  readonly log: Float64Array;
  /** By rank: median over the steps of ln(self / peers' median on other nodes); NaN where none do the same work. */
  readonly rankLevel: Float64Array;
  /** Those that are slow as a whole, most of their ranks sharing it. */
  readonly slow: readonly SlowNode[];
};

export type NodeRanks = { readonly node: string; readonly ranks: readonly number[] };

export type SlowNode = {
  /** Index into `nodes`. */
  readonly at: number;
  readonly level: number;
  readonly z: number;
};

/** Of the node's excess, what a rank must share of it to count as one of the slow ones. */
const sharedExcess = 0.5;

/**
 * `self` and `ownWork`: microseconds, [rank * steps + step], as they are and without what the replica had in common; `log`:
 * of `self` to all peers. Judged by both, as ranks are.
 */
export function nodeScores(
  window: JobWindow,
  sets: readonly Int32Array[],
  values: { readonly self: Float64Array; readonly ownWork: Float64Array },
  thresholds: Thresholds,
): NodeScore {
  const { steps } = window;
  const plain = offNode(window, sets, values.self);
  const own = offNode(window, sets, values.ownWork);
  const rankLevel = levels(plain.log, steps);
  const nodes = comparedNodes(window, plain.peers, rankLevel, thresholds);
  const groups = comparedTogether(window, nodes, sets);
  const logs = [plain, own].map(({ log }) => pooled(log, steps, nodes));
  const scored = logs.map((log) => robustScore(log, steps, groups, thresholds));
  const comparisons = scored.reduce((sum, { judged }) => sum + judged, 0);
  const slow: SlowNode[] = [];
  const limits = scored.map((each) => zLimits(each, thresholds, thresholds.falseAlarmsPerIncident, comparisons));
  for (const [at, { ranks }] of nodes.entries()) {
    const isAccused = (by: number) => isSlow(scored[by]!, limits[by]!, at, thresholds.score, thresholds);
    const by = isAccused(0) ? 0 : isAccused(1) && scored[0]!.level[at]! > 0 ? 1 : -1;
    if (by < 0) continue;
    const level = scored[by]!.level[at]!;
    const sharing = ranks.filter((rank) => isSharing({ rankLevel }, rank, level)).length;
    if (sharing < 2 || sharing < thresholds.nodeShare * ranks.length) continue;
    slow.push({ at, level, z: scored[by]!.z[at]! });
  }
  return { nodes, log: logs[0]!, rankLevel, slow };
}

/** Whether a rank of a node that is slow by `level` is one of those that make it so. */
export function isSharing({ rankLevel }: Pick<NodeScore, "rankLevel">, rank: number, level: number): boolean {
  return rankLevel[rank]! >= sharedExcess * level;
}

type OffNode = { readonly log: Float64Array; readonly peers: Int32Array };

/** ln(value / median of the set's values on other nodes in the same step), [rank * steps + step], and how many those were. */
function offNode(window: JobWindow, sets: readonly Int32Array[], values: Float64Array): OffNode {
  const { ranks, steps } = window;
  const log = new Float64Array(values.length).fill(Number.NaN);
  const peers = new Int32Array(ranks.length);
  const largest = sets.reduce((most, set) => Math.max(most, set.length), 0);
  const sorted = new Float64Array(largest);
  const others = new Float64Array(largest);
  const compare = (rank: number, step: number, middle: number, m: number) => {
    const value = values[rank * steps + step]!;
    if (!(value > 0) || m === 0) return;
    log[rank * steps + step] = Math.log(value / middle);
    if (m > peers[rank]!) peers[rank] = m;
  };
  for (const set of sets) {
    const known = set.filter((rank) => ranks[rank]!.node !== undefined);
    const nodes = [...Map.groupBy(known, (rank) => ranks[rank]!.node!).values()];
    if (nodes.length < 2) continue;
    for (let step = 0; step < steps; step++) {
      const n = sortedOf(values, known, steps, step, sorted);
      if (nodes.length === known.length) {
        // Each alone on its node, as the ranks of a set are in a large job: nothing has to be copied.
        for (const rank of known) compare(rank, step, medianOfOthers(sorted, n, values[rank * steps + step]!), n - 1);
        continue;
      }
      for (const mine of nodes) {
        const m = without(sorted, n, others, mine, values, steps, step);
        const middle = medianOfSorted(others, m);
        for (const rank of mine) compare(rank, step, middle, m);
      }
    }
  }
  return { log, peers };
}

function sortedOf(values: Float64Array, ranks: Int32Array, steps: number, step: number, into: Float64Array): number {
  let n = 0;
  for (let i = 0; i < ranks.length; i++) {
    const value = values[ranks[i]! * steps + step]!;
    if (value > 0) into[n++] = value;
  }
  sortPrefix(into, n);
  return n;
}

/** Copies sorted[0, n) into `others` less the values of `mine`; says how many are left. */
function without(
  sorted: Float64Array,
  n: number,
  others: Float64Array,
  mine: readonly number[],
  values: Float64Array,
  steps: number,
  step: number,
): number {
  const own = mine.map((rank) => values[rank * steps + step]!).filter((value) => value > 0);
  own.sort((a, b) => a - b);
  let skipped = 0;
  let m = 0;
  for (let i = 0; i < n; i++) {
    if (skipped < own.length && sorted[i] === own[skipped]) skipped++;
    else others[m++] = sorted[i]!;
  }
  return m;
}

function levels(log: Float64Array, steps: number): Float64Array {
  const row = new Float64Array(steps);
  return Float64Array.from({ length: log.length / steps }, (_, rank) => {
    let n = 0;
    for (let step = 0; step < steps; step++) {
      const value = log[rank * steps + step]!;
      if (!Number.isNaN(value)) row[n++] = value;
    }
    return medianOfPrefix(row, n);
  });
}

/** Nodes of two and more ranks that could be compared, with enough ranks on other nodes. */
function comparedNodes(
  { ranks }: JobWindow,
  peers: Int32Array,
  rankLevel: Float64Array,
  { minPeers }: Thresholds,
): NodeRanks[] {
  const byNode = new Map<string, number[]>();
  for (const [rank, { node }] of ranks.entries()) {
    if (node === undefined || Number.isNaN(rankLevel[rank]!)) continue;
    const found = byNode.get(node);
    if (found) found.push(rank);
    else byNode.set(node, [rank]);
  }
  return [...byNode]
    .map(([node, ofNode]) => ({ node, ranks: ofNode }))
    .filter(({ ranks: ofNode }) => ofNode.length > 1 && peers[ofNode[0]!]! * ofNode.length >= 2 * minPeers);
}

/** Nodes whose ranks are compared with each other's, as indexes into `nodes`. */
function comparedTogether({ ranks }: JobWindow, nodes: readonly NodeRanks[], sets: readonly Int32Array[]) {
  const index = new Map(nodes.map(({ node }, at) => [node, at]));
  const joined = new DisjointSets(nodes.length);
  for (const set of sets) {
    let first: number | undefined;
    for (const rank of set) {
      const at = index.get(ranks[rank]!.node ?? "");
      if (at === undefined) continue;
      first ??= at;
      joined.join(first, at);
    }
  }
  const groups = Map.groupBy(nodes.keys(), (at) => joined.find(at));
  return [...groups.values()].map((group) => Int32Array.from(group));
}

function pooled(log: Float64Array, steps: number, nodes: readonly NodeRanks[]): Float64Array {
  const result = new Float64Array(nodes.length * steps);
  const buffer = new Float64Array(nodes.reduce((most, { ranks }) => Math.max(most, ranks.length), 0));
  for (const [at, { ranks }] of nodes.entries()) {
    for (let step = 0; step < steps; step++) {
      let n = 0;
      for (const rank of ranks) {
        const value = log[rank * steps + step]!;
        if (!Number.isNaN(value)) buffer[n++] = value;
      }
      result[at * steps + step] = medianOfPrefix(buffer, n);
    }
  }
  return result;
}
