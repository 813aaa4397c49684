import { z } from "zod";
import { metricId } from "../domain/metric-id.ts";
import type { Query } from "./query.ts";

const beat = z.object({ process: z.string(), host: z.string(), updated: z.number() });
export type HeartbeatRow = z.infer<typeof beat>;

/** The newest heartbeat of every process on every host, of one start of the system where `run` is given. Unix ms. */
export function healthHeartbeats(options: { run: string | undefined }): Query<HeartbeatRow> {
  return {
    name: "healthHeartbeats",
    sql: `SELECT process, host, toFloat64(toUnixTimestamp64Milli(max(processes.updated))) AS updated
FROM processes${options.run === undefined ? "" : "\nWHERE run = {run:String}"}
GROUP BY process, host
ORDER BY process, host`,
    params: options.run === undefined ? {} : { run: options.run },
    row: beat,
  };
}

const scrapes = z.object({ targets: z.number(), longestInterval: z.number(), newestUp: z.number() });
export type ScrapesRow = z.infer<typeof scrapes>;

/**
 * How many targets today's collectors have, their longest interval in seconds, and the time of the newest sample of `up`
 * in the day before `atMs` (0 if none). Unix milliseconds.
 */
export function healthScrapes(options: { atMs: number }): Query<ScrapesRow> {
  return {
    name: "healthScrapes",
    sql: `SELECT targets, longestInterval, newestUp
FROM
(
  SELECT toFloat64(count()) AS targets, max(interval_seconds) AS longestInterval
  FROM
  (
    SELECT health, interval_seconds
    FROM targets
    WHERE run IN (SELECT argMax(run, updated) FROM processes WHERE process = 'collector' GROUP BY host)
    ORDER BY updated DESC
    LIMIT 1 BY scrape_pool, url, labels
  )
  WHERE health != 'gone'
) AS known
CROSS JOIN
(
  SELECT toFloat64(toUnixTimestamp64Milli(max(ts))) AS newestUp
  FROM samples
  WHERE metric = {metric:UInt32}
    AND ts > fromUnixTimestamp64Milli({from:Int64})
    AND ts <= fromUnixTimestamp64Milli({to:Int64})
) AS sampled`,
    // A scrape may carry a time a little ahead of this clock.
    params: { metric: metricId("up"), from: options.atMs - 86_400_000, to: options.atMs + 60_000 },
    row: scrapes,
  };
}
