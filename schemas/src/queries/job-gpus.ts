import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({ gpu: z.string(), node: z.string() });

export type JobGpuRow = z.infer<typeof row>;

/** GPUs (UUIDs) that a job is known to have used at some moment of [fromMs, toMs), as their labels or the mapping file tell. */
export function jobGpus({ job, fromMs, toMs }: { job: string; fromMs: number; toMs: number }): Query<JobGpuRow> {
  return {
    name: "jobGpus",
    sql: `SELECT gpu, any(attribution.node) AS node
FROM attribution FINAL
WHERE job = {job:String}
  AND since < fromUnixTimestamp64Milli({to:Int64})
  AND until >= fromUnixTimestamp64Milli({from:Int64})
GROUP BY gpu
ORDER BY node, gpu
LIMIT 100000`,
    params: { job, from: fromMs, to: toMs },
    row,
  };
}
