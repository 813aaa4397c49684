import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  known: z.number(),
  up: z.number(),
  p50Seconds: z.number().nullable(),
  p99Seconds: z.number().nullable(),
});

export type PipelineTargetsRow = z.infer<typeof row>;

/** How many targets today's collectors have, how many are up, and how long the newest scrapes of those took. One row. */
export function pipelineTargets(): Query<PipelineTargetsRow> {
  return {
    name: "pipelineTargets",
    sql: `SELECT
  toFloat64(count()) AS known,
  toFloat64(countIf(health = 'up')) AS up,
  if(up = 0, NULL, quantileIf(0.5)(duration_seconds, health = 'up')) AS p50Seconds,
  if(up = 0, NULL, quantileIf(0.99)(duration_seconds, health = 'up')) AS p99Seconds
FROM
(
  SELECT health, duration_seconds
  FROM targets
  WHERE run IN (SELECT argMax(run, updated) FROM processes WHERE process = 'collector' GROUP BY host)
  ORDER BY updated DESC
  LIMIT 1 BY scrape_pool, url, labels
)
WHERE health != 'gone'`,
    params: {},
    row,
  };
}
