import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  job: z.string(),
  firstStep: z.number(),
  lastStep: z.number(),
  processes: z.number(),
  nodes: z.number(),
  largest: z.number(),
  lastAt: z.number(),
  stepUs: z.number().nullable(),
});

export type JobNowRow = z.infer<typeof row>;

/**
 * Jobs that were heard in [fromMs, toMs): their steps, processes and nodes, the size of the largest communicator, when they
 * were heard last (Unix ms), and the median step of the processes, microseconds, null where nothing is dated.
 */
export function jobsNow({ fromMs, toMs }: { fromMs: number; toMs: number }): Query<JobNowRow> {
  return {
    name: "jobsNow",
    sql: `SELECT
  job,
  toFloat64(min(step)) AS firstStep,
  toFloat64(max(step)) AS lastStep,
  toFloat64(uniqExact(process)) AS processes,
  toFloat64(uniqExactIf(node, node != '')) AS nodes,
  toFloat64(max(size)) AS largest,
  toFloat64(toUnixTimestamp64Milli(max(ts))) AS lastAt,
  quantileExactIf(0.5)(step_us, NOT odd AND step_us IS NOT NULL) AS stepUs
FROM collectives
WHERE ts >= fromUnixTimestamp64Milli({from:Int64})
  AND ts < fromUnixTimestamp64Milli({to:Int64})
GROUP BY job
ORDER BY job`,
    params: { from: fromMs, to: toMs },
    row,
  };
}
