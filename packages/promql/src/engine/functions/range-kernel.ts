/** The shape of a function over range vectors: one series at a time, all steps at once. */
import type { RangeSeries, Windows } from "../range-vector.ts";
import type { Grid } from "../value.ts";

export type RangeCall = {
  readonly windows: Windows;
  /** The steps of the evaluation, which differ from the windows' ends under `@` and `offset`. */
  readonly grid: Grid;
  /** The scalar argument at each step, for functions that have one. */
  readonly param: Float64Array | undefined;
};

/** Writes a value and 1 for each step that has a result, and leaves the others alone. */
export type RangeKernel = (series: RangeSeries, call: RangeCall, values: Float64Array, present: Uint8Array) => void;

/** A kernel of a function that depends on the samples of the window alone, of which there is at least one. */
export function perWindow(
  result: (values: Float64Array, first: number, end: number, times: Float64Array) => number,
): RangeKernel {
  return ({ times, values: samples }, { windows }, values, present) => {
    const { first, end } = windows;
    for (let step = 0; step < values.length; step++) {
      if (end[step] === first[step]) continue;
      values[step] = result(samples, first[step]!, end[step]!, times);
      present[step] = 1;
    }
  };
}
