import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  step: z.number(),
  endedAt: z.number(),
  stepUs: z.number().nullable(),
  odd: z.boolean(),
});

export type JobStepRow = z.infer<typeof row>;

export type JobStepsOptions = {
  readonly job: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Of the answer; the steps are thinned out evenly to so many. */
  readonly limit: number;
};

/** All ranks of a job make its steps together, so some of very many tell the same. */
const READ_ROWS = 400_000;

/**
 * Steps of a job in order: when they ended (Unix ms, median clock), and how long they took, median of the ranks, or of one in
 * so many of them where there would be more rows to read.
 */
export function jobSteps({ job, fromMs, toMs, limit }: JobStepsOptions): Query<JobStepRow> {
  return {
    name: "jobSteps",
    sql: `WITH
  span AS
  (
    SELECT
      min(step) AS lo,
      max(step) AS hi,
      greatest(1, intDiv(hi - lo + 1, {limit:UInt32})) AS every,
      toUInt64(ceil(count() / every / {rows:UInt32})) AS part
    FROM collectives
    WHERE job = {job:String}
      AND ts >= fromUnixTimestamp64Milli({from:Int64})
      AND ts < fromUnixTimestamp64Milli({to:Int64})
  )
SELECT
  toFloat64(step) AS step,
  toFloat64(quantileExact(0.5)(toUnixTimestamp64Milli(ts))) AS endedAt,
  quantileExact(0.5)(step_us) AS stepUs,
  toBool(countIf(collectives.odd) * 2 > count()) AS odd
FROM collectives
WHERE job = {job:String}
  AND ts >= fromUnixTimestamp64Milli({from:Int64})
  AND ts < fromUnixTimestamp64Milli({to:Int64})
  AND collectives.step IN (SELECT arrayJoin(arrayMap(n -> lo + n * every, range(intDiv(hi - lo, every) + 1))) FROM span)
  AND cityHash64(process) % (SELECT greatest(1, part) FROM span) = 0
GROUP BY step
ORDER BY step`,
    params: { job, from: fromMs, to: toMs, limit, rows: READ_ROWS },
    row,
  };
}
