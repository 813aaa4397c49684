/** From ratios per step to one verdict per unit: level, scale, z and persistence. */
import { binomialUpperTail } from "../stats/binomial.ts";
import { lagOneCorrelation } from "../stats/correlation.ts";
import { madToSigma, median, medianError, medianOfPrefix, medianOfSorted, sortPrefix } from "../stats/median.ts";
import { pairScaleOfSorted } from "../stats/pair-scale.ts";
import { trimmedMeanError, trimmedMeanOfSorted } from "../stats/trimmed-mean.ts";
import { normalUpperQuantile, normalUpperTail } from "../stats/upper-tail.ts";
import { zThreshold } from "./false-alarm-budget.ts";
import type { Thresholds } from "./thresholds.ts";

export type RobustScore = {
  /** Median over the steps, natural logarithm of the ratio. */
  readonly level: Float64Array;
  readonly z: Float64Array;
  /** Chance of such a level by the unit's own noise alone. */
  readonly ownChance: Float64Array;
  /** Share of the steps heard that were slow. */
  readonly slowShare: Float64Array;
  /** Of one step about the level, as the unit's set has it: what the level's error is made of. */
  readonly stepNoise: Float64Array;
  /** Degrees of freedom that the scale rests on. */
  readonly freedom: Float64Array;
  /** Units that could be judged: comparisons, to share a budget. */
  readonly judged: number;
};

/** Below this many units the spread between levels is itself too uncertain (a MAD of 24 is out by 17 %); noise from step to step speaks alone. */
const minUnitsForSpread = 24;
/** A median of so many scales is exact enough to be preferred to that of all units, which may have other work. */
const minUnitsForNoise = 8;
const minUnitsForFastTail = 64;
/**
 * Standard errors by the unit's own noise. Fewer than by the peers': only a unit that is noisier than they are gets this far,
 * and there are few of those.
 */
const ownErrors = 3;

/**
 * The scale is the largest of what could make an innocent unit look slow:
 * - the floor: peers that agree by chance;
 * - the noise from step to step, as the standard error of the level, widened when neighbouring steps depend on each other;
 * - the spread of the levels between units, in the unit's own set and in all: units differ lastingly, too (silicon, cooling);
 * - the fast tail of all levels. Faults only slow units down, so the fast side shows honestly how heavy the tails are, and a
 *   fault cannot hide behind the spread that it makes itself.
 *
 * The unit's own noise is left out of that scale: many faults (a starved loader, a brake that comes in bursts) raise the
 * noise of their unit, and a scale with it would hide them. It is held against the level apart, and without the family: it
 * concerns the few units only that are noisier than their peers. Either by its size, or by its sign alone: noise makes a
 * unit faster as often as slower, a fault never.
 *
 * z is taken of a trimmed mean over the steps, not of their median, for its smaller error; the level that is reported and
 * held against the thresholds stays the median.
 */
export function robustScore(
  log: Float64Array,
  steps: number,
  sets: readonly Int32Array[],
  thresholds: Thresholds,
): RobustScore {
  const { level, center, noise, heard, above, slowShare } = overSteps(log, steps, thresholds);
  const error = trimmedMeanError * Math.sqrt(stepDependence(log, level.length, steps));
  const everywhere = Math.max(Math.log1p(thresholds.scaleFloor), spread(center), fastTail(center));
  const pooledNoise = trimmedMean(noise);
  const pooledFreedom = sets.reduce((sum, set) => sum + freedomOf(set, heard), 0);
  const unknown = () => new Float64Array(level.length).fill(Number.NaN);
  const [z, stepNoise, freedom] = [unknown(), unknown(), unknown()];
  const ownChance = center.map((value, unit) => {
    const bySize = normalUpperTail(value / ((noise[unit]! * error) / Math.sqrt(heard[unit]!)));
    return Math.min(bySize, binomialUpperTail(above[unit]!, heard[unit]!, 0.5));
  });
  for (const set of sets) {
    const of = (values: Float64Array) => Float64Array.from(set, (unit) => values[unit]!);
    const apart = set.length >= minUnitsForNoise;
    const setNoise = apart ? trimmedMean(of(noise)) : pooledNoise;
    const setFreedom = apart ? freedomOf(set, heard) : pooledFreedom;
    const between = Math.max(spread(of(center)), everywhere);
    for (const unit of set) {
      const within = (setNoise * error) / Math.sqrt(heard[unit]!);
      z[unit] = center[unit]! / Math.max(between, within);
      stepNoise[unit] = setNoise;
      freedom[unit] = setFreedom;
    }
  }
  const judged = z.reduce((n, value) => (Number.isNaN(value) ? n : n + 1), 0);
  return { level, z, ownChance, slowShare, stepNoise, freedom, judged };
}

/** What z has to reach, by unit, when the window's budget is shared out over so many comparisons. */
export function zLimits({ freedom }: RobustScore, thresholds: Thresholds, budget: number, comparisons: number) {
  const limits = new Map<number, number>();
  return freedom.map((each) => {
    const known = limits.get(each) ?? zThreshold(thresholds.z, budget, comparisons, each);
    limits.set(each, known);
    return known;
  });
}

/** Whether ratio, significance and persistence all say slow. */
export function isSlow(
  of: RobustScore,
  zLimit: Float64Array,
  unit: number,
  ratio: number,
  thresholds: Thresholds,
): boolean {
  const large = of.level[unit]! >= Math.log(ratio);
  const significant = of.z[unit]! >= zLimit[unit]! && of.ownChance[unit]! <= normalUpperTail(ownErrors);
  return large && significant && of.slowShare[unit]! >= thresholds.persistence;
}

/** Units that are compared with each other share one middle: of n of them, n - 1 vary freely. */
function freedomOf(set: Int32Array, heard: Int32Array): number {
  let units = 0;
  let steps = 0;
  for (const unit of set) {
    if (heard[unit]! < 2) continue;
    units++;
    steps += heard[unit]! - 1;
  }
  return units === 0 ? 0 : (steps * (units - 1)) / units;
}

function trimmedMean(values: Float64Array): number {
  const known = values.filter((value) => !Number.isNaN(value));
  sortPrefix(known, known.length);
  return trimmedMeanOfSorted(known, known.length);
}

type UnitStatistics = {
  readonly level: Float64Array;
  readonly center: Float64Array;
  readonly noise: Float64Array;
  readonly heard: Int32Array;
  /** Steps in which it was slower than its peers' middle. */
  readonly above: Int32Array;
  readonly slowShare: Float64Array;
};

/** A unit heard in fewer than half of the steps stays NaN. */
function overSteps(log: Float64Array, steps: number, thresholds: Thresholds): UnitStatistics {
  const units = log.length / steps;
  const unknown = () => new Float64Array(units).fill(Number.NaN);
  const result = {
    level: unknown(),
    center: unknown(),
    noise: unknown(),
    heard: new Int32Array(units),
    above: new Int32Array(units),
    slowShare: unknown(),
  };
  const slow = Math.log(thresholds.slowStep);
  const row = new Float64Array(steps);
  const scratch = new Float64Array((steps * (steps - 1)) / 2);
  for (let unit = 0; unit < units; unit++) {
    let n = 0;
    let slowSteps = 0;
    let above = 0;
    for (let step = 0; step < steps; step++) {
      const value = log[unit * steps + step]!;
      if (Number.isNaN(value)) continue;
      row[n++] = value;
      if (value > slow) slowSteps++;
      if (value > 0) above++;
    }
    if (n < Math.max(thresholds.minSteps, steps / 2)) continue;
    sortPrefix(row, n);
    result.heard[unit] = n;
    result.above[unit] = above;
    result.level[unit] = medianOfSorted(row, n);
    result.center[unit] = trimmedMeanOfSorted(row, n);
    result.noise[unit] = pairScaleOfSorted(row, n, scratch);
    result.slowShare[unit] = slowSteps / n;
  }
  return result;
}

/** Of levels about equality; 0 with too few to tell. */
function spread(level: Float64Array): number {
  const known = level.filter((value) => !Number.isNaN(value)).map(Math.abs);
  return known.length < minUnitsForSpread ? 0 : madToSigma * medianOfPrefix(known, known.length);
}

function fastTail(level: Float64Array): number {
  const known = level.filter((value) => !Number.isNaN(value));
  const n = known.length;
  if (n < minUnitsForFastTail) return 0;
  sortPrefix(known, n);
  // The √n-th from below lies far enough out to show the tail, and is still itself an average of many.
  const place = Math.round(Math.sqrt(n));
  return -known[place - 1]! / normalUpperQuantile((place - 0.5) / n);
}

/**
 * Variance inflation of an average when steps depend on the step before: (1 + φ) / (1 − φ), at least 1. φ is the median
 * over the units, one of its own standard errors less, so that a job of few ranks does not pay for chance.
 */
function stepDependence(log: Float64Array, units: number, steps: number): number {
  const each = Float64Array.from({ length: units }, (_, unit) =>
    lagOneCorrelation(log.subarray(unit * steps, (unit + 1) * steps)),
  );
  const known = each.reduce((n, value) => (Number.isNaN(value) ? n : n + 1), 0);
  // An estimate over few steps is low by about 1 / steps (Kendall 1954).
  const phi = median(each) + 1 / steps - medianError / Math.sqrt(steps * known);
  return phi > 0 ? (1 + Math.min(phi, 0.9)) / (1 - Math.min(phi, 0.9)) : 1;
}
