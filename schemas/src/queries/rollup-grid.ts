import { z } from "zod";
import { GRID_SETTINGS, type Grid, type GridRow } from "./gpu-grid.ts";
import { IN_NAMED_SERIES, type NamedSeries, namedSeriesParams } from "./gpu-named-series.ts";
import type { Query } from "./query.ts";
import { type RollupLevel, rollupLevelOf } from "./rollup-levels.ts";

/** `rate` per second, of what only rises, counter resets handled; the others of what is a level. */
export type RollupKind = "avg" | "last" | "min" | "max" | "rate";

const row = z.object({ series: z.string(), values: z.array(z.number().nullable()) });

const LEVELS: Readonly<Record<Exclude<RollupKind, "rate">, string>> = {
  avg: "sum(sum) / sum(count)",
  last: "argMax(last, window)",
  min: "min(min)",
  max: "max(max)",
};

/** The grid with its ends moved inwards to multiples of the roll-up's windows. */
export function alignedToRollup(grid: Grid, level: RollupLevel): Grid {
  const width = level.seconds * 1000;
  return {
    fromMs: Math.ceil(grid.fromMs / width) * width,
    toMs: Math.floor(grid.toMs / width) * width,
    stepMs: grid.stepMs,
  };
}

const rowsOf = (level: RollupLevel, columns: string) => `SELECT ${columns}
    FROM ${level.table} AS samples FINAL
    WHERE ${IN_NAMED_SERIES}
      AND window >= toDateTime({since:Int64}, 'UTC')
      AND window < toDateTime({until:Int64}, 'UTC')`;

const POSITION = "intDiv(toInt64(toUnixTimestamp(window)) * 1000 - {begin:Int64}, {step:Int64})";

function levelRows(level: RollupLevel, kind: Exclude<RollupKind, "rate">): string {
  return `SELECT id, position, ${LEVELS[kind]} AS value
  FROM
  (
    ${rowsOf(level, `samples.series AS id, ${POSITION} AS position, window, count, min, max, sum, last`)}
  )
  GROUP BY id, position`;
}

/**
 * What a counter rose by from the last sample of one window to the first of the next belongs to the step of the second;
 * not where a whole step between them is empty.
 */
function rateRows(level: RollupLevel): string {
  return `SELECT id, position, sum(rise) / ({step:Int64} / 1000) AS value
  FROM
  (
    SELECT id, position, increase + if(NOT isNull(before) AND at - seen <= {step:Int64} / 1000, if(first < before, first, first - before), 0) AS rise
    FROM
    (
      SELECT id, position, at, increase, first,
        lagInFrame(toNullable(last)) OVER earlier AS before, lagInFrame(at) OVER earlier AS seen
      FROM
      (
    ${rowsOf(level, `samples.series AS id, ${POSITION} AS position, toUnixTimestamp(window) AS at, increase, first, last`)}
      )
      WINDOW earlier AS (PARTITION BY id ORDER BY at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
    WHERE position >= 0
  )
  GROUP BY id, position`;
}

/**
 * The named series from their roll-ups: the value at a point is of the samples in [point - step, point), null where
 * there are none or their window has not been rolled up. Throws RangeError where the points and the step are no
 * multiples of the level's seconds (see rollupLevelOf, alignedToRollup).
 */
export function rollupGrid(options: {
  kind: RollupKind;
  series: readonly NamedSeries[];
  grid: Grid;
  /** Default: the coarsest that fits the step. */
  level?: RollupLevel;
}): Query<GridRow> {
  const { kind, series, grid, level = rollupLevelOf(grid.stepMs) } = options;
  if (level === undefined || [grid.fromMs, grid.toMs, grid.stepMs].some((ms) => ms % (level.seconds * 1000) !== 0)) {
    throw new RangeError(
      `a grid from ${grid.fromMs} to ${grid.toMs} by ${grid.stepMs} ms does not lie on windows of ${level?.seconds ?? 300} s`,
    );
  }
  const begin = grid.fromMs - grid.stepMs;
  const rows = kind === "rate" ? rateRows(level) : levelRows(level, kind);
  return {
    name: `rollupGrid_${kind}`,
    sql: `SELECT
  toString(id) AS series,
  timeSeriesLastToGrid(
    fromUnixTimestamp64Milli({from:Int64}), fromUnixTimestamp64Milli({to:Int64}),
    toDecimal64({step:Int64} / 1000, 3), toDecimal64({step:Int64} / 1000, 3))(at, value) AS values
FROM
(
  SELECT id, fromUnixTimestamp64Milli({from:Int64} + position * {step:Int64}) AS at, value
  FROM
  (
  ${rows}
  )
)
GROUP BY id
${GRID_SETTINGS}`,
    params: {
      ...namedSeriesParams(series),
      from: grid.fromMs,
      to: grid.toMs,
      step: grid.stepMs,
      begin,
      // One step more for a rate: its first step begins with the rise from the window before it.
      since: (kind === "rate" ? begin - grid.stepMs : begin) / 1000,
      until: grid.toMs / 1000,
    },
    row,
  };
}
