import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  job: z.string(),
  processes: z.number(),
  lastAt: z.number(),
  stepUs: z.number().nullable(),
});

export type JobHeardRow = z.infer<typeof row>;

/**
 * Jobs whose steps ended in [fromMs, toMs): about how many processes, when the last step ended (Unix ms), and about how long
 * a step takes, microseconds, null where nothing is dated. Estimates, because it is asked every few seconds: jobsNow counts.
 */
export function jobWindowJobs(options: { fromMs: number; toMs: number; limit: number }): Query<JobHeardRow> {
  return {
    name: "jobWindowJobs",
    sql: `SELECT
  job,
  toFloat64(uniq(process)) AS processes,
  toFloat64(toUnixTimestamp64Milli(max(ts))) AS lastAt,
  if(countIf(NOT odd AND step_us IS NOT NULL) = 0, NULL, quantileIf(0.5)(assumeNotNull(step_us), NOT odd AND step_us IS NOT NULL)) AS stepUs
FROM collectives
WHERE ts >= fromUnixTimestamp64Milli({from:Int64})
  AND ts < fromUnixTimestamp64Milli({to:Int64})
GROUP BY job
ORDER BY lastAt DESC
LIMIT {limit:UInt32}`,
    params: { from: options.fromMs, to: options.toMs, limit: options.limit },
    row,
  };
}
