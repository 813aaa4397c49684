/**
 * Which window a row of `histograms` is judged in. Live rows are put on their model's grid by their end; what was imported, and
 * rows longer than a window, are windows of their own. Needs the columns since, until, source and model in scope, and the
 * parameters `models` and `windows` (milliseconds, of each model) and `usual` (of all others).
 */
const WINDOW_MS =
  "transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})";
const SINCE = "toUnixTimestamp64Milli(histograms.since)";
const UNTIL = "toUnixTimestamp64Milli(histograms.until)";
const OWN = `(source = 'import' OR ${UNTIL} - ${SINCE} > ${WINDOW_MS})`;
const GRID_END = `intDiv(${UNTIL} + ${WINDOW_MS} - 1, ${WINDOW_MS}) * ${WINDOW_MS}`;

export const WINDOW_SINCE = `if(${OWN}, ${SINCE}, ${GRID_END} - ${WINDOW_MS})`;
export const WINDOW_UNTIL = `if(${OWN}, ${UNTIL}, ${GRID_END})`;

export type ModelWindowMs = { readonly model: string; readonly windowMs: number };

export type WindowGrid = {
  /** Of models whose windows are not the usual ones. */
  readonly grids: readonly ModelWindowMs[];
  readonly usualMs: number;
};

export function gridParams({ grids, usualMs }: WindowGrid) {
  // ClickHouse refuses to transform by nothing.
  const named = grids.length === 0 ? [{ model: "", windowMs: usualMs }] : grids;
  return { models: named.map(({ model }) => model), windows: named.map(({ windowMs }) => windowMs), usual: usualMs };
}
