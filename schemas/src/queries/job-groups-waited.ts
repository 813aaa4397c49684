import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({ waitedUs: z.number(), stepUs: z.number() });

export type JobGroupsWaitedRow = z.infer<typeof row>;

/** Below this a duration is mostly launch overhead (packages/analysis/src/straggler/valid-duration.ts has the same). */
const LEAST_BYTES = 8192;

/**
 * How long the ranks of a job waited for the last to come, over `count` steps from `firstStep` on at distances of `every`,
 * and how long those steps took, microseconds summed over ranks. In a blocking collective the shortest duration is the
 * transfer, the rest of the others' durations is waiting; communicators are joined operation by operation.
 */
export function jobGroupsWaited(options: {
  job: string;
  fromMs: number;
  toMs: number;
  firstStep: number;
  every: number;
  count: number;
}): Query<JobGroupsWaitedRow> {
  const { job, fromMs, toMs, firstStep, every, count } = options;
  return {
    name: "jobGroupsWaited",
    sql: `WITH heard AS
(
  SELECT communicator, collective, process, collectives.step AS step, seq, per_slot, peer, bytes, exec_us, step_us
  FROM collectives FINAL
  WHERE job = {job:String}
    AND collectives.step IN (SELECT {first:Int64} + toInt64(number) * {every:Int64} FROM numbers({count:UInt64}))
    AND ts >= fromUnixTimestamp64Milli({from:Int64})
    AND ts < fromUnixTimestamp64Milli({to:Int64})
    AND NOT collectives.odd
)
SELECT
  (
    SELECT toFloat64(sum(us))
    FROM
    (
      SELECT arraySum(arrayMap((total, shortest) -> total - members * shortest, totals, leasts)) AS us
      FROM
      (
        SELECT count() AS members, sumForEach(exec_us) AS totals, minForEach(exec_us) AS leasts
        FROM heard
        WHERE peer IS NULL
          AND collective IN ('AllReduce', 'AllGather', 'ReduceScatter', 'AllToAll', 'Barrier')
          AND (collective = 'Barrier' OR bytes IS NULL OR bytes >= ${LEAST_BYTES})
        GROUP BY communicator, collective, seq, per_slot, length(exec_us)
      )
    )
  ) AS waitedUs,
  (
    SELECT ifNull(sum(us), 0)
    FROM (SELECT any(step_us) AS us FROM heard GROUP BY process, step)
  ) AS stepUs`,
    params: { job, from: fromMs, to: toMs, first: firstStep, every, count },
    row,
  };
}
