import { z } from "zod";
import { metricId } from "../domain/metric-id.ts";
import { MAX_SERIES_PARAMS } from "./fleet-since.ts";
import type { Query } from "./query.ts";
import { IS_STALE } from "./sample-value.ts";

const row = z.object({ series: z.string(), ts: z.number() });

export type LastSampleRow = z.infer<typeof row>;

/** When each of the named series had its last real sample within the window before `atMs` (Unix milliseconds). */
export function gpuLastSample(options: {
  metrics: readonly string[];
  series: readonly string[];
  atMs: number;
  windowMs: number;
}): Query<LastSampleRow> {
  return {
    name: "gpuLastSample",
    sql: `SELECT toString(series) AS series, last AS ts
FROM
(
  SELECT series, toFloat64(toUnixTimestamp64Milli(max(ts))) AS last
  FROM samples
  WHERE metric IN {metrics:Array(UInt32)}
    AND series IN (SELECT toUInt64(arrayJoin({series:Array(String)})))
    AND ts > fromUnixTimestamp64Milli({from:Int64})
    AND ts <= fromUnixTimestamp64Milli({at:Int64})
    AND NOT ${IS_STALE}
  GROUP BY series
)`,
    params: {
      metrics: options.metrics.map(metricId),
      series: options.series.slice(0, MAX_SERIES_PARAMS),
      from: options.atMs - options.windowMs,
      at: options.atMs,
    },
    row,
  };
}
