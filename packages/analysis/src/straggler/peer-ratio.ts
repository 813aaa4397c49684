/**
 * How each unit (a rank, a group) stands against its peers, step by step, in natural logarithms: ratios then have equal
 * noise on both sides of 1, and the noise of a work load that varies by shares is symmetric.
 */
import { medianOfOthers, medianOfSorted, sortPrefix } from "../stats/median.ts";

export type PeerRatio = {
  /** ln(value / median of the other peers' values in the same step), [unit * steps + step]; NaN with too few of them. */
  readonly log: Float64Array;
  /** By unit: the fewest peers, itself not counted, that it was compared with in a step; 0 where never. */
  readonly peers: Int32Array;
};

/** The unit itself is left out of its median: of four peers a slow one would else move the middle towards itself. */
export function peerRatio(
  values: Float64Array,
  steps: number,
  sets: readonly Int32Array[],
  minPeers: number,
): PeerRatio {
  const logs = logarithms(values);
  const log = new Float64Array(values.length);
  const peers = new Int32Array(values.length / steps);
  const others = middleOf(logs, steps, sets, minPeers + 1, medianOfOthers, (unit, n) => {
    peers[unit] = peers[unit] === 0 ? n - 1 : Math.min(peers[unit]!, n - 1);
  });
  for (let cell = 0; cell < log.length; cell++) log[cell] = logs[cell]! - others[cell]!;
  return { log, peers };
}

/**
 * The values with what the replica's other ranks have in common in the same step taken out: a long sequence slows all ranks
 * that work on it, so what a rank does not share with them is its own. The result is to be compared with the peers again:
 * taken out before, and not after, the peers' middle is that of many replicas and not of the one that happened to have a
 * middling batch. NaN where fewer than `minPeers` others of the replica were heard.
 */
export function withoutSharedWork(
  values: Float64Array,
  steps: number,
  sets: readonly Int32Array[],
  replica: Int32Array,
  minPeers: number,
): Float64Array {
  const logs = logarithms(values);
  // All peers, not the others only: the middle that is taken out must be the same one for every replica.
  const middle = middleOf(logs, steps, sets, minPeers + 1, (sorted, n) => medianOfSorted(sorted, n));
  const shared = middleOf(
    logs.map((value, cell) => value - middle[cell]!),
    steps,
    replicasOf(replica),
    minPeers + 1,
    medianOfOthers,
  );
  return values.map((value, cell) => value / Math.exp(shared[cell]!));
}

function replicasOf(replica: Int32Array): Int32Array[] {
  const sets = new Map<number, number[]>();
  for (const [unit, id] of replica.entries()) {
    const set = sets.get(id);
    if (set) set.push(unit);
    else sets.set(id, [unit]);
  }
  return [...sets.values()].map((set) => Int32Array.from(set));
}

function logarithms(values: Float64Array): Float64Array {
  return values.map((value) => (value > 0 && value < Number.POSITIVE_INFINITY ? Math.log(value) : Number.NaN));
}

/** For each known value the middle of its set in the same step; NaN for others and where fewer than `min` are known. */
function middleOf(
  values: Float64Array,
  steps: number,
  sets: readonly Int32Array[],
  min: number,
  middle: (sorted: Float64Array, n: number, own: number) => number,
  seen?: (unit: number, n: number) => void,
): Float64Array {
  const result = new Float64Array(values.length).fill(Number.NaN);
  const buffer = new Float64Array(sets.reduce((size, set) => Math.max(size, set.length), 0));
  for (const set of sets) {
    for (let step = 0; step < steps; step++) {
      let n = 0;
      for (const unit of set) {
        const value = values[unit * steps + step]!;
        if (!Number.isNaN(value)) buffer[n++] = value;
      }
      if (n < min) continue;
      sortPrefix(buffer, n);
      for (const unit of set) {
        const value = values[unit * steps + step]!;
        if (Number.isNaN(value)) continue;
        result[unit * steps + step] = middle(buffer, n, value);
        seen?.(unit, n);
      }
    }
  }
  return result;
}
