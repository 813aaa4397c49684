/** double_exponential_smoothing (Holt-Winters), an experimental function. */
import { EvaluationError } from "../errors.ts";
import type { RangeKernel } from "./range-kernel.ts";

/** Smoothing and trend factor at each step, each within (0, 1). Throws EvaluationError where one is not. */
export function doubleExponentialSmoothing(smoothing: Float64Array, trend: Float64Array): RangeKernel {
  return ({ values: samples }, { windows }, values, present) => {
    for (let step = 0; step < values.length; step++) {
      const [first, end] = [windows.first[step]!, windows.end[step]!];
      if (end === first) continue;
      requireFactor("smoothing", "sf", smoothing[step]!);
      requireFactor("trend", "tf", trend[step]!);
      if (end - first < 2) continue;
      values[step] = smoothed(samples.subarray(first, end), smoothing[step]!, trend[step]!);
      present[step] = 1;
    }
  };
}

function requireFactor(name: string, short: string, factor: number): void {
  if (factor <= 0 || factor >= 1) {
    throw new EvaluationError(`invalid ${name} factor. Expected: 0 < ${short} < 1, got: ${factor.toFixed(6)}`);
  }
}

function smoothed(samples: Float64Array, smoothing: number, trend: number): number {
  let before = 0;
  let level = samples[0]!;
  let slope = samples[1]! - samples[0]!;
  for (let i = 1; i < samples.length; i++) {
    if (i > 1) slope = trend * (level - before) + (1 - trend) * slope;
    const next = smoothing * samples[i]! + (1 - smoothing) * (level + slope);
    before = level;
    level = next;
  }
  return level;
}
