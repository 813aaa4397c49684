import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  rows: z.number(),
  steps: z.number(),
  processes: z.number(),
  communicators: z.number(),
  dated: z.number(),
});

export type JobGroupsSizeRow = z.infer<typeof row>;

/** How much these steps of a job hold: to ask for no more of them than can be judged. `dated`: rows with a self time. */
export function jobGroupsSize(options: {
  job: string;
  firstStep: number;
  lastStep: number;
  sinceMs: number;
}): Query<JobGroupsSizeRow> {
  const { job, firstStep, lastStep, sinceMs } = options;
  return {
    name: "jobGroupsSize",
    sql: `SELECT
  toFloat64(count()) AS rows,
  toFloat64(uniqExact(collectives.step)) AS steps,
  toFloat64(uniqExact(process)) AS processes,
  toFloat64(uniqExact(communicator)) AS communicators,
  toFloat64(countIf(self_us IS NOT NULL)) AS dated
FROM collectives
WHERE job = {job:String}
  AND collectives.step BETWEEN {first:Int64} AND {last:Int64}
  AND ts >= fromUnixTimestamp64Milli({since:Int64})`,
    params: { job, first: firstStep, last: lastStep, since: sinceMs },
    row,
  };
}
