import { z } from "zod";
import { metricId } from "../domain/metric-id.ts";
import { LOOKBACK_MS } from "../domain/sample.ts";
import type { Query } from "./query.ts";
import { IS_STALE, SAMPLE_VALUE } from "./sample-value.ts";

const row = z.object({
  series: z.string(),
  value: z.number().nullable(),
  stale: z.number(),
  peak: z.number().nullable(),
  ts: z.number(),
});

export type NowRow = z.infer<typeof row>;

/**
 * The newest sample of every series of the named metrics within the lookback before `atMs` (Unix milliseconds), and the
 * highest value in it. `stale` = 1: the series ended. A value is null where it is stale or not finite.
 */
export function fleetNow(options: { metrics: readonly string[]; atMs: number }): Query<NowRow> {
  return {
    name: "fleetNow",
    sql: `SELECT
  toString(series) AS series,
  if(newest.2 OR NOT isFinite(newest.1), NULL, newest.1) AS value,
  newest.2 AS stale,
  if(isFinite(highest), highest, NULL) AS peak,
  newest_ts AS ts
FROM
(
  SELECT
    series,
    argMax((${SAMPLE_VALUE}, ${IS_STALE}), ts) AS newest,
    maxIf(${SAMPLE_VALUE}, NOT ${IS_STALE}) AS highest,
    toFloat64(toUnixTimestamp64Milli(max(ts))) AS newest_ts
  FROM samples
  WHERE metric IN {metrics:Array(UInt32)}
    AND ts > fromUnixTimestamp64Milli({from:Int64})
    AND ts <= fromUnixTimestamp64Milli({at:Int64})
  GROUP BY series
)`,
    params: { metrics: options.metrics.map(metricId), from: options.atMs - LOOKBACK_MS, at: options.atMs },
    row,
  };
}
