import { CELL_SHAPE, cellColumns } from "./drift-cells.ts";
import { IN_STRETCH, STRETCH_ROWS, type Stretch, stretchParams } from "./drift-stretch.ts";
import { gridParams, WINDOW_SINCE, WINDOW_UNTIL, type WindowGrid } from "./drift-window-key.ts";
import type { BinaryQuery } from "./prometheus.ts";

export type DriftStretchCellsOptions = WindowGrid & {
  readonly of: readonly Stretch[];
  /** Of each stretch: one window in so many. */
  readonly every: readonly number[];
  /** A row for each window; else one of all. */
  readonly apart: boolean;
};

const TOGETHER = { model: "histograms.model", version: "''", replica: "''" };
const APART = cellColumns({ ...TOGETHER, since: WINDOW_SINCE, until: WINDOW_UNTIL });
const WHOLE = cellColumns({ ...TOGETHER, since: "0", until: "0" });

/** Histograms of stretches of models, all versions and replicas together, a row (drift-cells.ts) for each shape. One stretch a model. */
export function driftStretchCells(options: DriftStretchCellsOptions): BinaryQuery {
  const { of, every, apart } = options;
  return {
    name: "driftStretchCells",
    sql: `SELECT
  ${apart ? APART : WHOLE}
FROM histograms FINAL
INNER JOIN ${STRETCH_ROWS} ON stretches.name = histograms.model
WHERE histograms.model IN {of:Array(String)}
  AND histograms.since >= fromUnixTimestamp64Milli({first:Int64})
  AND histograms.since < fromUnixTimestamp64Milli({last:Int64})
  AND ${IN_STRETCH}
  AND (every = 1 OR sipHash64(${WINDOW_UNTIL}) % every = 0)
GROUP BY histograms.model, windowSince, windowUntil, histograms.kind, histograms.feature, ${CELL_SHAPE}`,
    params: { ...gridParams(options), ...stretchParams(of, every) },
  };
}
