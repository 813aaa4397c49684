/** Self time of every rank over the steps, as bytes small enough to travel: the ratio to the column's median, and the medians. */
import { medianOfPrefix } from "@lockstep/analysis/stats/median";

/** A byte is a ratio from here on, in steps of `RATIO_STEP`; the last one means not known. */
export const RATIO_LOW = 0.5;
export const RATIO_STEP = 0.01;
export const UNKNOWN_BYTE = 255;

export type HeatCells = {
  /** [row * columns + column]. */
  readonly bytes: Uint8Array;
  /** By column: microseconds of a step; NaN where nobody was heard. */
  readonly medianUs: Float64Array;
};

export type HeatSource = { readonly columns: readonly number[]; readonly selfUs: readonly number[] };

/** `rows` in the order in which they are drawn; `peers[row]`: rows with the same number do the same work and share a median. */
export function heatCells(rows: readonly HeatSource[], columns: number, peers: readonly number[]): HeatCells {
  const values = new Float64Array(rows.length * columns).fill(Number.NaN);
  for (const [row, source] of rows.entries()) {
    for (const [at, column] of source.columns.entries()) {
      if (column >= 0 && column < columns) values[row * columns + column] = source.selfUs[at]!;
    }
  }
  const bytes = new Uint8Array(values.length).fill(UNKNOWN_BYTE);
  const medianUs = new Float64Array(columns).fill(Number.NaN);
  const groups = [...Map.groupBy(rows.keys(), (row) => peers[row]!).values()];
  const buffer = new Float64Array(rows.length);
  for (let column = 0; column < columns; column++) {
    medianUs[column] = medianIn([...rows.keys()], values, columns, column, buffer);
    for (const group of groups) {
      const middle = medianIn(group, values, columns, column, buffer);
      for (const row of group) {
        const ratio = values[row * columns + column]! / middle;
        if (Number.isFinite(ratio)) bytes[row * columns + column] = byteOf(ratio);
      }
    }
  }
  return { bytes, medianUs };
}

function medianIn(
  group: readonly number[],
  values: Float64Array,
  columns: number,
  column: number,
  buffer: Float64Array,
) {
  let n = 0;
  for (const row of group) {
    const value = values[row * columns + column]!;
    if (value > 0) buffer[n++] = value;
  }
  return medianOfPrefix(buffer, n);
}

export function byteOf(ratio: number): number {
  return Math.max(0, Math.min(UNKNOWN_BYTE - 1, Math.round((ratio - RATIO_LOW) / RATIO_STEP)));
}

/** NaN where it is not known. */
export function ratioOf(byte: number): number {
  return byte === UNKNOWN_BYTE ? Number.NaN : RATIO_LOW + byte * RATIO_STEP;
}
