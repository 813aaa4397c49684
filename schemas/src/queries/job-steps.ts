import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  step: z.number(),
  endedAt: z.number(),
  stepUs: z.number().nullable(),
  odd: z.boolean(),
  ranks: z.number(),
});

export type JobStepRow = z.infer<typeof row>;

export type JobStepsOptions = {
  readonly job: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the answer; the steps are thinned out evenly to so many. */
  readonly limit: number;
};

/** Steps of a job in order: when they ended (Unix ms, median clock), and how long they took, median of the ranks. */
export function jobSteps({ job, fromMs, toMs, limit }: JobStepsOptions): Query<JobStepRow> {
  return {
    name: "jobSteps",
    sql: `SELECT step, endedAt, stepUs, odd, ranks
FROM
(
  SELECT
    toFloat64(step) AS step,
    toFloat64(quantileExact(0.5)(toUnixTimestamp64Milli(ts))) AS endedAt,
    quantileExact(0.5)(step_us) AS stepUs,
    toBool(countIf(collectives.odd) * 2 > count()) AS odd,
    toFloat64(uniqExact(process)) AS ranks,
    row_number() OVER (ORDER BY step) AS place,
    count() OVER () AS steps
  FROM collectives
  WHERE job = {job:String}
    AND ts >= fromUnixTimestamp64Milli({from:Int64})
    AND ts < fromUnixTimestamp64Milli({to:Int64})
  GROUP BY step
)
WHERE (place - 1) % greatest(1, intDiv(steps, {limit:UInt32})) = 0
ORDER BY step`,
    params: { job, from: fromMs, to: toMs, limit },
    row,
  };
}
