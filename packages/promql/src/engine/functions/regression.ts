/** deriv and predict_linear: least squares through the samples of the range. */
import { addTo, isInfinite, type RunningSum } from "../kahan.ts";
import { stepMs } from "../value.ts";
import type { RangeKernel } from "./range-kernel.ts";

type Line = { readonly slope: number; readonly intercept: number };

/** Slope per second, and the value of the line at `interceptMs`. */
function regression(times: Float64Array, values: Float64Array, first: number, end: number, interceptMs: number): Line {
  const x: RunningSum = { sum: 0, lost: 0 };
  const y: RunningSum = { sum: 0, lost: 0 };
  const xy: RunningSum = { sum: 0, lost: 0 };
  const xx: RunningSum = { sum: 0, lost: 0 };
  let isConstant = true;
  for (let i = first; i < end; i++) {
    const value = values[i]!;
    if (value !== values[first]! && i > first) isConstant = false;
    const seconds = (times[i]! - interceptMs) / 1000;
    addTo(x, seconds);
    addTo(y, value);
    addTo(xy, seconds * value);
    addTo(xx, seconds * seconds);
  }
  if (isConstant) {
    const level = values[first]!;
    return isInfinite(level) ? { slope: Number.NaN, intercept: Number.NaN } : { slope: 0, intercept: level };
  }
  const count = end - first;
  const [sumX, sumY] = [x.sum + x.lost, y.sum + y.lost];
  const covariance = xy.sum + xy.lost - (sumX * sumY) / count;
  const spread = xx.sum + xx.lost - (sumX * sumX) / count;
  const slope = covariance / spread;
  return { slope, intercept: sumY / count - (slope * sumX) / count };
}

export const deriv: RangeKernel = ({ times, values: samples }, { windows }, values, present) => {
  for (let step = 0; step < values.length; step++) {
    const [first, end] = [windows.first[step]!, windows.end[step]!];
    if (end - first < 2) continue;
    // A moment near the samples keeps the sums small, and with them the rounding.
    values[step] = regression(times, samples, first, end, times[first]!).slope;
    present[step] = 1;
  }
};

export const predictLinear: RangeKernel = ({ times, values: samples }, { windows, grid, param }, values, present) => {
  for (let step = 0; step < values.length; step++) {
    const [first, end] = [windows.first[step]!, windows.end[step]!];
    if (end - first < 2) continue;
    const { slope, intercept } = regression(times, samples, first, end, stepMs(grid, step));
    values[step] = slope * param![step]! + intercept;
    present[step] = 1;
  }
};
