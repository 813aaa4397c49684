/** What a selector is given: raw samples of series, as columns. */
import type { Labels } from "./labels.ts";

export type SelectorSeries = {
  readonly labels: Labels;
  /** Unix milliseconds, ascending, without doubles. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** 1 where the sample is a staleness marker; undefined where there is none among them. */
  readonly stale: Uint8Array | undefined;
  /** Times of native histograms, ascending; a query that would read one is refused. */
  readonly histogramTimes?: Float64Array;
};

/** Number of leading times that are not after `ms`. */
export function countUntil(times: Float64Array, ms: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
