/** Whether a series of logarithms of ratios, one a step, lies above 1 by much, surely and most of the time. */
import { madSigma, median, medianError } from "../stats/median.ts";

export type Excess = {
  /** Median ratio; 1 is equal. */
  readonly score: number;
  /** Of the median, by the series' own spread (floored at 1 %). */
  readonly z: number;
  /** Share of the steps above 1.05. */
  readonly slowShare: number;
  /** Steps known. */
  readonly steps: number;
};

/** As for ranks (docs/straggler.md). */
const least = { score: 1.1, z: 4, slowStep: 1.05, slowShare: 0.7 };
/** With fewer steps, chance decides what most of them show. */
const leastSteps = 5;
const scaleFloor = 0.01;

export function excessOf(logRatio: Float64Array): Excess {
  const known = logRatio.filter(Number.isFinite);
  const level = median(known);
  const scale = Math.max(scaleFloor, (medianError * madSigma(known, level)) / Math.sqrt(known.length));
  const slow = known.filter((value) => value > Math.log(least.slowStep)).length;
  return { score: Math.exp(level), z: level / scale, slowShare: slow / known.length, steps: known.length };
}

export function isPersistent({ score, z, slowShare, steps }: Excess): boolean {
  return steps >= leastSteps && score >= least.score && z >= least.z && slowShare >= least.slowShare;
}
