import { CELL_SHAPE, cellColumns } from "./drift-cells.ts";
import { gridParams, WINDOW_SINCE, WINDOW_UNTIL, type WindowGrid } from "./drift-window-key.ts";
import type { BinaryQuery } from "./prometheus.ts";

export type DriftWindow = { readonly model: string; readonly sinceMs: number; readonly untilMs: number };

const COLUMNS = cellColumns({
  model: "histograms.model",
  version: "histograms.version",
  replica: "histograms.replica",
  since: WINDOW_SINCE,
  until: WINDOW_UNTIL,
});

/** All histograms of some windows, a row (drift-cells.ts) for each version, replica and shape. */
export function driftWindowCells(options: WindowGrid & { readonly of: readonly DriftWindow[] }): BinaryQuery {
  const { of } = options;
  return {
    name: "driftWindowCells",
    sql: `SELECT
  ${COLUMNS}
FROM histograms FINAL
WHERE histograms.model IN {of:Array(String)}
  AND histograms.since >= fromUnixTimestamp64Milli({first:Int64})
  AND histograms.until <= fromUnixTimestamp64Milli({last:Int64})
  AND (histograms.model, windowSince, windowUntil) IN
    (SELECT arrayJoin(arrayZip({of:Array(String)}, {froms:Array(Int64)}, {tos:Array(Int64)})) AS asked)
GROUP BY histograms.model, windowSince, windowUntil, histograms.version, histograms.replica, histograms.kind, histograms.feature, ${CELL_SHAPE}`,
    params: {
      ...gridParams(options),
      of: of.map(({ model }) => model),
      froms: of.map(({ sinceMs }) => sinceMs),
      tos: of.map(({ untilMs }) => untilMs),
      // Of a window on the grid, rows may begin before it does.
      first: Math.min(...of.map(({ sinceMs, untilMs }) => sinceMs - (untilMs - sinceMs))),
      last: Math.max(...of.map(({ untilMs }) => untilMs)),
    },
  };
}
