import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  scrapePool: z.string(),
  url: z.string(),
  labels: z.record(z.string(), z.string()),
  discoveredLabels: z.record(z.string(), z.string()),
  health: z.string(),
  lastError: z.string(),
  lastScrape: z.number(),
  durationSeconds: z.number(),
  intervalSeconds: z.number(),
  timeoutSeconds: z.number(),
  samples: z.number(),
  samplesKept: z.number(),
  bodyBytes: z.number(),
  badLines: z.number(),
  badLineExample: z.string(),
  updated: z.number(),
});

export type TargetRow = z.infer<typeof row>;

/**
 * Every target as its collector last saw it: only of each collector's newest run, so that targets of an earlier
 * configuration are not shown beside today's. `lastScrape` is 0 before the first scrape; times are Unix milliseconds.
 */
export function targetsNow(): Query<TargetRow> {
  return {
    name: "targetsNow",
    sql: `SELECT
  scrape_pool AS scrapePool,
  url,
  labels,
  discovered_labels AS discoveredLabels,
  health,
  last_error AS lastError,
  toFloat64(toUnixTimestamp64Milli(last_scrape)) AS lastScrape,
  duration_seconds AS durationSeconds,
  interval_seconds AS intervalSeconds,
  timeout_seconds AS timeoutSeconds,
  toFloat64(samples) AS samples,
  toFloat64(samples_kept) AS samplesKept,
  toFloat64(body_bytes) AS bodyBytes,
  toFloat64(bad_lines) AS badLines,
  bad_line_example AS badLineExample,
  toFloat64(toUnixTimestamp64Milli(targets.updated)) AS updated
FROM
(
  SELECT *
  FROM targets
  WHERE run IN (SELECT argMax(run, updated) FROM processes WHERE process = 'collector' GROUP BY host)
  ORDER BY updated DESC
  LIMIT 1 BY scrape_pool, url, labels
) AS targets
WHERE health != 'gone'
ORDER BY scrapePool, url`,
    params: {},
    row,
  };
}
