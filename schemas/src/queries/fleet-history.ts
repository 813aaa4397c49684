import { z } from "zod";
import { metricId } from "../domain/metric-id.ts";
import { GRID_SETTINGS, type Grid, gridParams, gridWindowMs } from "./gpu-grid.ts";
import type { Query } from "./query.ts";
import { SAMPLE_VALUE } from "./sample-value.ts";

const row = z.object({
  ts: z.number(),
  low: z.number().nullable(),
  median: z.number().nullable(),
  high: z.number().nullable(),
  top: z.number().nullable(),
  total: z.number().nullable(),
  count: z.number(),
});

export type FleetHistoryRow = z.infer<typeof row>;

/** The fleet's spread of one metric over time: 10th, 50th and 90th percentile, highest, sum and count of its series. */
export function fleetHistory(options: { metric: string; grid: Grid }): Query<FleetHistoryRow> {
  return {
    name: "fleetHistory",
    sql: `SELECT
  toFloat64({from:Int64} + (position - 1) * {step:Int64}) AS ts,
  if(count = 0, NULL, quantiles[1]) AS low,
  if(count = 0, NULL, quantiles[2]) AS median,
  if(count = 0, NULL, quantiles[3]) AS high,
  if(count = 0, NULL, top) AS top,
  if(count = 0, NULL, total) AS total,
  toFloat64(count) AS count
FROM
(
  SELECT
    position,
    quantilesIf(0.1, 0.5, 0.9)(assumeNotNull(value), isFinite(value)) AS quantiles,
    maxIf(value, isFinite(value)) AS top,
    sumIf(value, isFinite(value)) AS total,
    countIf(isFinite(value)) AS count
  FROM
  (
    SELECT
      timeSeriesLastToGrid(
        fromUnixTimestamp64Milli({from:Int64}), fromUnixTimestamp64Milli({to:Int64}),
        toDecimal64({step:Int64} / 1000, 3), toDecimal64({window:Int64} / 1000, 3))(ts, ${SAMPLE_VALUE}) AS grid
    FROM samples
    WHERE metric = {metric:UInt32}
      AND ts > fromUnixTimestamp64Milli({since:Int64})
      AND ts <= fromUnixTimestamp64Milli({to:Int64})
    GROUP BY series
  )
  ARRAY JOIN grid AS value, arrayEnumerate(grid) AS position
  GROUP BY position
)
ORDER BY ts
${GRID_SETTINGS}`,
    params: {
      metric: metricId(options.metric),
      ...gridParams(options.grid, gridWindowMs("last", options.grid.stepMs)),
    },
    row,
  };
}
