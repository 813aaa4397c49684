import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  step: z.number(),
  processes: z.number(),
  rows: z.number(),
  numbers: z.number(),
  firstAt: z.number(),
  lastAt: z.number(),
});

export type JobWindowStepRow = z.infer<typeof row>;

/**
 * The steps of a job that ended at `fromMs` or later, newest first: how many processes told of each, in how many rows and
 * with how many durations and starts, and when the first and the last of them ended it (Unix ms). The rows of a step still come in while the newest steps are read.
 */
export function jobWindowSteps(options: { job: string; fromMs: number; limit: number }): Query<JobWindowStepRow> {
  const { job, fromMs, limit } = options;
  return {
    name: "jobWindowSteps",
    sql: `SELECT
  toFloat64(step) AS step,
  toFloat64(uniqExact(process)) AS processes,
  toFloat64(count()) AS rows,
  toFloat64(sum(length(exec_us) + length(start_us))) AS numbers,
  toFloat64(toUnixTimestamp64Milli(min(ts))) AS firstAt,
  toFloat64(toUnixTimestamp64Milli(max(ts))) AS lastAt
FROM collectives
WHERE job = {job:String}
  AND ts >= fromUnixTimestamp64Milli({from:Int64})
GROUP BY step
ORDER BY lastAt DESC, step DESC
LIMIT {limit:UInt32}`,
    params: { job, from: fromMs, limit },
    row,
  };
}
