import { z } from "zod";
import { metricId } from "../domain/metric-id.ts";
import type { Query } from "./query.ts";
import { IS_STALE, SAMPLE_VALUE } from "./sample-value.ts";

const row = z.object({
  metric: z.string(),
  labels: z.record(z.string(), z.string()),
  /** Newest in the window; null where the series ended or the value is not finite. */
  value: z.number().nullable(),
  /** Oldest in the window. */
  first: z.number().nullable(),
  /** Highest in the window. */
  peak: z.number().nullable(),
  /** From the oldest to the newest in the window, falls counted as resets to zero; null: fewer than two samples. */
  rise: z.number().nullable(),
  /** Between those two. */
  seconds: z.number(),
  /** 1: the series was first seen in the window, so that `first` rose from zero too. */
  born: z.number(),
  ts: z.number(),
});

export type PipelineRow = z.infer<typeof row>;

/**
 * Every series of a job's named metrics over the window before `atMs` (Unix milliseconds). At most 20,000, those of the
 * metrics named first.
 */
export function pipelineNow(options: {
  job: string;
  metrics: readonly string[];
  atMs: number;
  windowMs: number;
}): Query<PipelineRow> {
  return {
    name: "pipelineNow",
    sql: `SELECT
  name AS metric,
  labelSet AS labels,
  if(ended OR NOT isFinite(newest), NULL, newest) AS value,
  if(empty(points), NULL, points[1].2) AS first,
  if(empty(points), NULL, arrayMax(point -> point.2, points)) AS peak,
  if(length(points) < 2, NULL, arraySum(arrayMap(
    (now, before) -> if(now.2 >= before.2, now.2 - before.2, now.2), arrayPopFront(points), arrayPopBack(points)))) AS rise,
  if(empty(points), 0., (points[-1].1 - points[1].1) / 1000) AS seconds,
  toUInt8(firstSeen > {since:Int64}) AS born,
  newestTs AS ts
FROM
(
  SELECT
    series AS id,
    arraySort(groupArrayIf((toUnixTimestamp64Milli(samples.ts), ${SAMPLE_VALUE}), isFinite(${SAMPLE_VALUE}))) AS points,
    argMax((${SAMPLE_VALUE}, ${IS_STALE}), samples.ts) AS last,
    last.1 AS newest,
    last.2 AS ended,
    toFloat64(toUnixTimestamp64Milli(max(samples.ts))) AS newestTs
  FROM samples
  WHERE metric IN {ids:Array(UInt32)}
    AND samples.ts > fromUnixTimestamp64Milli({since:Int64})
    AND samples.ts <= fromUnixTimestamp64Milli({at:Int64})
    AND series IN (SELECT series FROM series WHERE metric IN {metrics:Array(String)} AND labels['job'] = {job:String})
  GROUP BY series
) AS sampled
INNER JOIN
(
  SELECT
    series AS id,
    toString(any(series.metric)) AS name,
    any(series.labels) AS labelSet,
    toUnixTimestamp64Milli(min(first_seen)) AS firstSeen
  FROM series
  WHERE metric IN {metrics:Array(String)} AND labels['job'] = {job:String}
  GROUP BY series
) AS known USING (id)
ORDER BY indexOf({metrics:Array(String)}, name), id
LIMIT 20000`,
    params: {
      job: options.job,
      metrics: options.metrics,
      ids: options.metrics.map(metricId),
      since: options.atMs - options.windowMs,
      at: options.atMs,
    },
    row,
  };
}
