import { z } from "zod";
import { IN_NAMED_SERIES, type NamedSeries, namedSeriesParams } from "./gpu-named-series.ts";
import type { Query } from "./query.ts";
import { IS_STALE } from "./sample-value.ts";

const row = z.object({ series: z.string(), ts: z.number() });

export type LastSampleRow = z.infer<typeof row>;

/** When each of the named series had its last real sample within the window before `atMs` (Unix milliseconds). */
export function gpuLastSample(options: {
  series: readonly NamedSeries[];
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
  WHERE ${IN_NAMED_SERIES}
    AND ts > fromUnixTimestamp64Milli({from:Int64})
    AND ts <= fromUnixTimestamp64Milli({at:Int64})
    AND NOT ${IS_STALE}
  GROUP BY series
)`,
    params: {
      ...namedSeriesParams(options.series),
      from: options.atMs - options.windowMs,
      at: options.atMs,
    },
    row,
  };
}
