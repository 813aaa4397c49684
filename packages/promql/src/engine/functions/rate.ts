/** rate, increase, delta and their instant forms. */
import type { Windows } from "../range-vector.ts";
import { stepMs } from "../value.ts";
import type { RangeKernel } from "./range-kernel.ts";

/** A gap to the range's end beyond this many average sample distances is taken for a series that begins or ends there. */
const EXTRAPOLATION_LIMIT = 1.1;

export type RateKind = { readonly counter: boolean; readonly perSecond: boolean };

/**
 * The change over the range, extrapolated to its ends as Prometheus does: all the way where a sample is near the end
 * in question, else by half a sample distance, and for counters never below zero.
 */
export function extrapolatedRate({ counter, perSecond }: RateKind): RangeKernel {
  return ({ times, values: samples }, { windows }, values, present) => {
    const resets = counter ? resetsIn(samples, windows) : undefined;
    const { first, end, ends, rangeMs } = windows;
    for (let step = 0; step < values.length; step++) {
      const from = first[step]!;
      const last = end[step]! - 1;
      if (last <= from) continue;
      let change = samples[last]! - samples[from]!;
      if (resets !== undefined && resets[last]! > resets[from]!) change = overResets(samples, from, last);
      const right = stepMs(ends, step);
      const covered = (times[last]! - times[from]!) / 1000;
      const distance = covered / (last - from);
      const limit = distance * EXTRAPOLATION_LIMIT;
      let before = (times[from]! - (right - rangeMs)) / 1000;
      let after = (right - times[last]!) / 1000;
      if (before >= limit) before = distance / 2;
      if (counter && change > 0 && samples[from]! >= 0) before = Math.min(before, covered * (samples[from]! / change));
      if (after >= limit) after = distance / 2;
      let factor = (covered + before + after) / covered;
      if (perSecond) factor /= rangeMs / 1000;
      values[step] = change * factor;
      present[step] = 1;
    }
  };
}

/** For each sample the number of counter resets up to it; undefined where no window has one, which is nearly always. */
function resetsIn(samples: Float64Array, windows: Windows): Int32Array | undefined {
  const from = windows.first[0]!;
  const end = windows.end.at(-1)!;
  let at = from + 1;
  while (at < end && !(samples[at]! < samples[at - 1]!)) at++;
  if (at >= end) return undefined;
  const resets = new Int32Array(end);
  for (; at < end; at++) resets[at] = resets[at - 1]! + (samples[at]! < samples[at - 1]! ? 1 : 0);
  return resets;
}

function overResets(samples: Float64Array, from: number, last: number): number {
  let change = samples[last]! - samples[from]!;
  for (let i = from + 1; i <= last; i++) if (samples[i]! < samples[i - 1]!) change += samples[i - 1]!;
  return change;
}

/** The change between the last two samples of the range. */
export function instantRate({ counter, perSecond }: RateKind): RangeKernel {
  return ({ times, values: samples }, { windows }, values, present) => {
    for (let step = 0; step < values.length; step++) {
      const last = windows.end[step]! - 1;
      if (last <= windows.first[step]!) continue;
      const [earlier, later] = [samples[last - 1]!, samples[last]!];
      const change = counter && later < earlier ? later : later - earlier;
      values[step] = perSecond ? change / ((times[last]! - times[last - 1]!) / 1000) : change;
      present[step] = 1;
    }
  };
}
