/** Ranks on rows of pixels: where there are more ranks than pixels, each row shows the slowest of those that share it. */
import { ratioOf, UNKNOWN_BYTE } from "./rank-heat.ts";

export type HeatRows = {
  /** Rows drawn. */
  readonly count: number;
  /** CSS pixels of a row. */
  readonly height: number;
  /** Ranks of row r: from(r) up to, but not including, from(r + 1). */
  readonly from: (row: number) => number;
};

const TALLEST_ROW = 14;

export function heatRows(ranks: number, maxHeight: number): HeatRows {
  const count = Math.min(ranks, maxHeight);
  const height = Math.max(1, Math.min(TALLEST_ROW, Math.floor(maxHeight / Math.max(1, count))));
  return { count, height, from: (row) => Math.floor((row * ranks) / Math.max(1, count)) };
}

export type HeatCell = {
  /** In the order of the rows. */
  readonly at: number;
  /** Against its peers; NaN where not known. */
  readonly ratio: number;
};

/** The slowest rank of a row in a column; undefined where nobody was heard. */
export function slowestIn(
  cells: Uint8Array,
  columns: number,
  rows: HeatRows,
  row: number,
  column: number,
): HeatCell | undefined {
  let found: number | undefined;
  for (let at = rows.from(row); at < rows.from(row + 1); at++) {
    const byte = cells[at * columns + column]!;
    if (byte === UNKNOWN_BYTE) continue;
    if (found === undefined || byte > cells[found * columns + column]!) found = at;
  }
  return found === undefined ? undefined : { at: found, ratio: ratioOf(cells[found * columns + column]!) };
}
