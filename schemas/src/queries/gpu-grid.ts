import { z } from "zod";
import { LOOKBACK_MS } from "../domain/sample.ts";
import { IN_NAMED_SERIES, type NamedSeries, namedSeriesParams } from "./gpu-named-series.ts";
import type { Query } from "./query.ts";
import { SAMPLE_VALUE } from "./sample-value.ts";

/** Points at from, from + step, ... to; Unix milliseconds. */
export type Grid = { readonly fromMs: number; readonly toMs: number; readonly stepMs: number };

/** `last` for what is a level, `rate` (per second, counter resets handled) for what only rises. */
export type GridKind = "last" | "rate";

export const GRID_SETTINGS = "SETTINGS allow_experimental_time_series_aggregate_functions = 1";

/** A rate needs two samples in its window: shorter windows would be all gaps where samples are minutes apart. */
const RATE_WINDOW_MS = 120_000;

export function gridWindowMs(kind: GridKind, stepMs: number): number {
  return kind === "last" ? Math.max(stepMs, LOOKBACK_MS) : Math.max(3 * stepMs, RATE_WINDOW_MS);
}

export function gridParams(grid: Grid, windowMs: number) {
  return {
    from: grid.fromMs,
    to: grid.toMs,
    step: grid.stepMs,
    window: windowMs,
    since: grid.fromMs - windowMs,
  };
}

const row = z.object({ series: z.string(), values: z.array(z.number().nullable()) });

export type GridRow = z.infer<typeof row>;

const GRID_ARGUMENTS = `(
    fromUnixTimestamp64Milli({from:Int64}), fromUnixTimestamp64Milli({to:Int64}),
    toDecimal64({step:Int64} / 1000, 3), toDecimal64({window:Int64} / 1000, 3))`;

/** A staleness marker is a NaN: as a level it is a gap by itself; a rate must not see it, and ends where it stands. */
export const GRID_VALUES: Readonly<Record<GridKind, string>> = {
  last: `timeSeriesLastToGrid${GRID_ARGUMENTS}(ts, ${SAMPLE_VALUE})`,
  rate: `arrayMap(
    (rate, last) -> if(isFinite(last), rate, NULL),
    timeSeriesRateToGridIf${GRID_ARGUMENTS}(ts, ${SAMPLE_VALUE}, isFinite(${SAMPLE_VALUE})),
    timeSeriesLastToGrid${GRID_ARGUMENTS}(ts, ${SAMPLE_VALUE}))`,
};

/** Values of the named series at the points of the grid; null where there is no sample, or the series had ended. */
export function gpuGrid(options: { kind: GridKind; series: readonly NamedSeries[]; grid: Grid }): Query<GridRow> {
  return {
    name: options.kind === "last" ? "gpuGrid" : "gpuRateGrid",
    sql: `SELECT
  toString(series) AS series,
  ${GRID_VALUES[options.kind]} AS values
FROM samples
WHERE ${IN_NAMED_SERIES}
  AND ts > fromUnixTimestamp64Milli({since:Int64})
  AND ts <= fromUnixTimestamp64Milli({to:Int64})
GROUP BY samples.series
${GRID_SETTINGS}`,
    params: {
      ...namedSeriesParams(options.series),
      ...gridParams(options.grid, gridWindowMs(options.kind, options.grid.stepMs)),
    },
    row,
  };
}
