/** Between which values performance usually lies, learnt of reference windows, and whether a window's left them. */
import type { Performance, PerformanceMetric } from "./performance.ts";

export type Band = {
  readonly mean: number;
  /** Between the reference windows. */
  readonly std: number;
  readonly windows: number;
  /** Mean rows of the reference windows. */
  readonly rows: number;
};

export type PerformanceBand = Partial<Record<PerformanceMetric, Band>>;

/** Of a window: limits are from 0 to 1. */
export type Breach = {
  readonly metric: PerformanceMetric;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
};

export type PerformanceVerdict = {
  /** `worse` where anything is below its band, `better` where something is above and nothing below. */
  readonly verdict: "worse" | "better" | "usual" | "not_enough_data";
  readonly breaches: readonly Breach[];
  /** One sentence. */
  readonly reason: string;
};

export const PERFORMANCE_METRICS = ["auc", "accuracy", "precision", "recall", "f1"] as const;

/** Of fewer windows no spread can be learnt. */
const leastWindows = 6;
/** Of the standard deviation, on either side of the mean (as NannyML has it). */
const deviations = 3;
/** Of fewer rows of a class a share says nothing. */
const leastRows = 10;

/** Metrics that are not defined in 6 windows or more have no band. */
export function performanceBand(reference: readonly Performance[]): PerformanceBand {
  const bands: PerformanceBand = {};
  for (const metric of PERFORMANCE_METRICS) {
    const defined = reference.filter((each) => each[metric] !== undefined);
    if (defined.length < leastWindows) continue;
    const mean = meanOf(defined.map((each) => each[metric]!));
    const std = Math.sqrt(meanOf(defined.map((each) => (each[metric]! - mean) ** 2)));
    bands[metric] = { mean, std, windows: defined.length, rows: meanOf(defined.map(({ n }) => n)) };
  }
  return bands;
}

/**
 * Of a window of `rows` rows. One smaller than the reference windows scatters more, by the root of the ratio; of a larger one
 * the limits stay, for it is not chance alone that sets windows apart.
 */
export function limitsOf({ mean, std, rows }: Band, windowRows: number): { lower: number; upper: number } {
  const width = deviations * std * Math.sqrt(Math.max(1, rows / windowRows));
  return { lower: Math.max(0, mean - width), upper: Math.min(1, mean + width) };
}

export function judgePerformance(band: PerformanceBand, performance: Performance): PerformanceVerdict {
  const { n, tp, fn, tn, fp } = performance;
  if (Math.min(tp + fn, tn + fp) < leastRows) {
    const reason = `not enough data: ${Math.round(tp + fn)} rows of class 1 and ${Math.round(tn + fp)} of class 0, ${leastRows} of each are wanted`;
    return { verdict: "not_enough_data", breaches: [], reason };
  }
  const judged = PERFORMANCE_METRICS.filter((metric) => band[metric] && performance[metric] !== undefined);
  if (judged.length === 0) {
    const reason = `not enough data: no band was learnt, which takes ${leastWindows} reference windows`;
    return { verdict: "not_enough_data", breaches: [], reason };
  }
  const breaches = judged
    .map((metric) => ({ metric, value: performance[metric]!, ...limitsOf(band[metric]!, n) }))
    .filter(({ value, lower, upper }) => value < lower - rounding || value > upper + rounding);
  if (breaches.length === 0) return { verdict: "usual", breaches, reason: `${judged.join(", ")} are as usual` };
  const isWorse = breaches.some(({ value, lower }) => value < lower);
  return { verdict: isWorse ? "worse" : "better", breaches, reason: breaches.map(breachText).join("; ") };
}

/** Where all reference windows are the same the band has no width but that of rounded sums. */
const rounding = 1e-9;

function breachText({ metric, value, lower, upper }: Breach): string {
  const side = value < lower ? `below ${lower.toFixed(4)}` : `above ${upper.toFixed(4)}`;
  return `${metric} ${value.toFixed(4)} is ${side}`;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
