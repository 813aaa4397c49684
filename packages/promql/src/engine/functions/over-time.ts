/** Aggregations over time, and what counts changes of a series. */
import { meanOf, sumOf, varianceOf } from "../kahan.ts";
import { quantileOf } from "../quantile.ts";
import { perWindow, type RangeKernel } from "./range-kernel.ts";

export const sumOverTime = perWindow(sumOf);
export const avgOverTime = perWindow(meanOf);
export const countOverTime = perWindow((_, first, end) => end - first);
export const lastOverTime = perWindow((values, _, end) => values[end - 1]!);
export const firstOverTime = perWindow((values, first) => values[first]!);
export const presentOverTime = perWindow(() => 1);

export const maxOverTime = perWindow((values, first, end) => {
  let most = values[first]!;
  for (let i = first + 1; i < end; i++) if (values[i]! > most || Number.isNaN(most)) most = values[i]!;
  return most;
});

export const minOverTime = perWindow((values, first, end) => {
  let least = values[first]!;
  for (let i = first + 1; i < end; i++) if (values[i]! < least || Number.isNaN(least)) least = values[i]!;
  return least;
});

export const stdvarOverTime = perWindow(varianceOf);
export const stddevOverTime = perWindow((values, first, end) => Math.sqrt(varianceOf(values, first, end)));

export const resets = perWindow((values, first, end) => {
  let count = 0;
  for (let i = first + 1; i < end; i++) if (values[i]! < values[i - 1]!) count++;
  return count;
});

export const changes = perWindow((values, first, end) => {
  let count = 0;
  for (let i = first + 1; i < end; i++) {
    const [before, now] = [values[i - 1]!, values[i]!];
    if (now !== before && !(Number.isNaN(now) && Number.isNaN(before))) count++;
  }
  return count;
});

export const quantileOverTime: RangeKernel = ({ values: samples }, { windows, param }, values, present) => {
  const { first, end } = windows;
  const scratch = new Float64Array(samples.length);
  for (let step = 0; step < values.length; step++) {
    if (end[step] === first[step]) continue;
    const window = scratch.subarray(0, end[step]! - first[step]!);
    for (let i = 0; i < window.length; i++) window[i] = samples[first[step]! + i]!;
    values[step] = quantileOf(param![step]!, window);
    present[step] = 1;
  }
};

/** Median of the distances from the median; NaN where a sample is. */
export const madOverTime = perWindow((values, first, end) => {
  const window = values.slice(first, end);
  if (window.some(Number.isNaN)) return Number.NaN;
  const median = quantileOf(0.5, window);
  return quantileOf(
    0.5,
    window.map((value) => Math.abs(value - median)),
  );
});

export const timeOfFirst = perWindow((_, first, __, times) => times[first]! / 1000);
export const timeOfLast = perWindow((_, __, end, times) => times[end - 1]! / 1000);

/** The time of the last of the largest or smallest values, in seconds. */
export function timeOfExtreme(isBetter: (value: number, best: number) => boolean): RangeKernel {
  return perWindow((values, first, end, times) => {
    let best = first;
    for (let i = first; i < end; i++) {
      if (isBetter(values[i]!, values[best]!) || Number.isNaN(values[best]!)) best = i;
    }
    return times[best]! / 1000;
  });
}
