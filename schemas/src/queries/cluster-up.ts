import { z } from "zod";
import { metricId } from "../domain/metric-id.ts";
import { LOOKBACK_MS } from "../domain/sample.ts";
import type { Query } from "./query.ts";
import { IS_STALE, SAMPLE_VALUE } from "./sample-value.ts";

const row = z.object({
  series: z.string(),
  job: z.string(),
  instance: z.string(),
  up: z.number().nullable(),
  ts: z.number(),
});

export type TargetUpRow = z.infer<typeof row>;

/** `up` of every scrape target at `atMs` (Unix milliseconds), with the time of that sample; stale ones are null. */
export function clusterUp(options: { atMs: number }): Query<TargetUpRow> {
  return {
    name: "clusterUp",
    sql: `SELECT toString(series) AS series, job, instance, if(newest.2, NULL, newest.1) AS up, newest_ts AS ts
FROM
(
  SELECT
    series,
    argMax((${SAMPLE_VALUE}, ${IS_STALE}), ts) AS newest,
    toFloat64(toUnixTimestamp64Milli(max(ts))) AS newest_ts
  FROM samples
  WHERE metric = {metric:UInt32}
    AND ts > fromUnixTimestamp64Milli({from:Int64})
    AND ts <= fromUnixTimestamp64Milli({at:Int64})
  GROUP BY series
) AS recent
INNER JOIN
(
  SELECT series, any(labels['job']) AS job, any(labels['instance']) AS instance
  FROM series
  WHERE metric = 'up'
  GROUP BY series
) AS target USING (series)
ORDER BY job, instance`,
    params: { metric: metricId("up"), from: options.atMs - LOOKBACK_MS, at: options.atMs },
    row,
  };
}
