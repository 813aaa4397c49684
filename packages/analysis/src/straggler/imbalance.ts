/**
 * Uneven work: in each step some replica has far more to do, but another one every time. Sequence lengths do that; nobody
 * is at fault, and the step still waits for the longest.
 */
import { binomialUpperTail } from "../stats/binomial.ts";
import { correlation } from "../stats/correlation.ts";
import { madSigma, madToSigma, median, medianError, medianOfPrefix } from "../stats/median.ts";
import type { JobWindow } from "./job-window.ts";
import type { Roles } from "./roles.ts";
import type { Thresholds } from "./thresholds.ts";

export type Imbalance = {
  /** Median over the steps of what the longest replica works beyond the median one, as a share of the step. */
  readonly stepShare: number;
  /** Coefficient of variation between replicas in a step. */
  readonly cv: number;
  /** Median over the ranks of the correlation with the rest of their replica; NaN where a replica is one rank. */
  readonly sharedWithin: number;
  /** How many different replicas were the longest, of so many steps. */
  readonly differentLongest: number;
  readonly excessUs: number;
};

/** Below this it is each rank's own noise; a batch moves all that work on it (0.95 is asked of forward and backward of one). */
const minShared = 0.9;
/** A replica that is the longest more often than by this chance is slow, not unlucky ... */
const unluckyChance = 1e-3;
/** ... and so are several that take turns: none may be longer lastingly, by so much of the typical longest and so many standard errors. */
const maxLasting = 0.5;
const maxLastingErrors = 3;
/** Scales beyond which a step was a pause, not a batch. */
const maxBatchScales = 4;
/** Standard errors by which what a replica has more to do in a step may go with what it had in the step before. */
const maxSerialErrors = 3;
const minReplicas = 4;

/** `log` as of `peerRatio`, `stepUs` by step. */
export function imbalanceOf(
  window: JobWindow,
  roles: Roles,
  log: Float64Array,
  selfMedianUs: Float64Array,
  stepUs: Float64Array,
  thresholds: Thresholds,
): Imbalance | undefined {
  const { steps } = window;
  const sets = replicaSets(roles);
  if (sets.length < minReplicas) return undefined;
  const common = commonByReplica(log, steps, sets);
  const cvs = new Float64Array(steps);
  const excess = new Float64Array(steps);
  const longestLogs = new Float64Array(steps);
  const longest = new Map<number, number>();
  const typical = median(selfMedianUs);
  for (let step = 0; step < steps; step++) {
    const column = Float64Array.from(sets, (_, set) => common[set * steps + step]!);
    cvs[step] = madToSigma * median(column.map(Math.abs));
    let first = -1;
    for (const [set, value] of column.entries()) if (!(value <= (column[first] ?? -Infinity))) first = set;
    longestLogs[step] = column[first] ?? Number.NaN;
    excess[step] = Math.expm1(longestLogs[step]!) * typical;
    longest.set(first, (longest.get(first) ?? 0) + 1);
  }
  const result: Imbalance = {
    stepShare: median(excess.map((us, step) => us / stepUs[step]!)),
    cv: median(cvs),
    sharedWithin: sharedWithin(log, steps, sets),
    differentLongest: longest.size,
    excessUs: median(excess),
  };
  const longestLog = median(longestLogs);
  const most = Math.max(...longest.values());
  const unlucky = binomialUpperTail(most, steps, 1 / sets.length) * sets.length >= unluckyChance;
  const changes =
    unlucky &&
    isDrawnAnew(common, steps) &&
    !sets.some((_, set) => isLasting(common.subarray(set * steps, (set + 1) * steps), longestLog));
  const spread = Number.isNaN(result.sharedWithin)
    ? result.cv >= thresholds.imbalanceCv
    : result.sharedWithin >= minShared;
  return result.stepShare >= thresholds.imbalanceShare && changes && spread ? result : undefined;
}

/**
 * Batches are drawn anew in every step, so that a replica was above the middle in one tells nothing of the next; a slow part
 * of the job is above it again and again, be it for half of the window. About zero, not about each replica's own mean: what
 * lasts for all of the window counts as well.
 */
function isDrawnAnew(common: Float64Array, steps: number): boolean {
  const most = maxBatchScales * madSigma(common, 0);
  let products = 0;
  let squares = 0;
  let known = 0;
  let before = Number.NaN;
  for (const [cell, value] of common.entries()) {
    const clipped = Math.max(-most, Math.min(most, value));
    if (!Number.isNaN(clipped)) {
      squares += clipped * clipped;
      known++;
      if (cell % steps > 0 && !Number.isNaN(before)) products += clipped * before;
    }
    before = clipped;
  }
  return products / squares <= maxSerialErrors / Math.sqrt(known);
}

/** Whether a replica's ratios are above 1 by a level of their own, rather than now and then. */
function isLasting(logs: Float64Array, typicalLongest: number): boolean {
  const level = median(logs);
  const error = (madSigma(logs, level) * medianError) / Math.sqrt(logs.length);
  return level > maxLasting * typicalLongest && level > maxLastingErrors * error;
}

function replicaSets(roles: Roles): number[][] {
  const sets = new Map<number, number[]>();
  for (const [rank, id] of roles.replica.entries()) {
    const set = sets.get(id);
    if (set) set.push(rank);
    else sets.set(id, [rank]);
  }
  return [...sets.values()];
}

function commonByReplica(log: Float64Array, steps: number, sets: readonly number[][]): Float64Array {
  const common = new Float64Array(sets.length * steps);
  const buffer = new Float64Array(sets.reduce((size, set) => Math.max(size, set.length), 0));
  for (const [index, set] of sets.entries()) {
    for (let step = 0; step < steps; step++) {
      let n = 0;
      for (const rank of set) {
        const value = log[rank * steps + step]!;
        if (!Number.isNaN(value)) buffer[n++] = value;
      }
      common[index * steps + step] = medianOfPrefix(buffer, n);
    }
  }
  return common;
}

/** Of each rank with the median of its replica, itself left out by taking replicas of three and more only. */
function sharedWithin(log: Float64Array, steps: number, sets: readonly number[][]): number {
  const common = commonByReplica(log, steps, sets);
  const each: number[] = [];
  for (const [index, set] of sets.entries()) {
    if (set.length < 3) continue;
    const shared = common.subarray(index * steps, (index + 1) * steps);
    for (const rank of set) each.push(correlation(log.subarray(rank * steps, (rank + 1) * steps), shared));
  }
  return median(each);
}
