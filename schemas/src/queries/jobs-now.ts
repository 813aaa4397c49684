import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  job: z.string(),
  firstStep: z.number(),
  lastStep: z.number(),
  processes: z.number(),
  nodes: z.number(),
  largest: z.number(),
  firstAt: z.number(),
  lastAt: z.number(),
  stepUs: z.number().nullable(),
  gpuSeconds: z.number().nullable(),
  rowsOfStep: z.number(),
});

export type JobNowRow = z.infer<typeof row>;

/** Processes that were silent for longer when the job was heard last are of an earlier start, or gone. */
const ALIVE_MS = 120_000;
/** Of one job. A step of 16,384 ranks has some 80,000 rows, and an hour a thousand of them: of such a job steps are picked. */
const READ_ROWS = 400_000;
const LEAST_STEPS = 12;

/**
 * Jobs that were heard in [fromMs, toMs). Of the newest start, which is of the processes that were heard to the end: its steps,
 * processes and nodes, the size of the largest communicator, from when to when (Unix ms), and the median step of the
 * processes, microseconds, null where nothing is dated. `gpuSeconds`: of all starts, the steps' time over all ranks.
 * Where a job has more rows than can be read each time, all of it is from steps that are spread evenly over it, the last among them.
 */
export function jobsNow({ fromMs, toMs }: { fromMs: number; toMs: number }): Query<JobNowRow> {
  return {
    name: "jobsNow",
    sql: `WITH
  spans AS
  (
    SELECT job, min(step) AS lo, max(step) AS hi, argMax(step, ts) AS newest, count() / (hi - lo + 1) AS rowsOfStep
    FROM collectives
    WHERE ts >= fromUnixTimestamp64Milli({from:Int64})
      AND ts < fromUnixTimestamp64Milli({to:Int64})
    GROUP BY job
  ),
  spreads AS
  (
    SELECT
      job,
      lo,
      arrayJoin([hi, newest]) AS top,
      toInt64(ceil((top - lo + 1) / greatest({least:UInt32}, {rows:UInt32} / rowsOfStep))) AS every
    FROM spans
  ),
  picked AS
  (
    SELECT job, arrayJoin(arrayPushBack(arrayMap(n -> top - n * every, range(intDiv(top - lo, every) + 1)), lo)) AS step
    FROM spreads
  )
SELECT
  job,
  toFloat64(minIf(low, alive)) AS firstStep,
  toFloat64(maxIf(high, alive)) AS lastStep,
  toFloat64(countIf(alive)) AS processes,
  toFloat64(uniqExactIf(node, alive AND node != '')) AS nodes,
  toFloat64(maxIf(largestOf, alive)) AS largest,
  toFloat64(toUnixTimestamp64Milli(minIf(began, alive))) AS firstAt,
  toFloat64(toUnixTimestamp64Milli(max(ended))) AS lastAt,
  quantileExactIf(0.5)(us, alive AND us IS NOT NULL) AS stepUs,
  if(countIf(us IS NOT NULL) = 0, NULL, sum((high - low + 1) * ifNull(us, 0)) / 1e6) AS gpuSeconds,
  toFloat64(any(rows)) AS rowsOfStep
FROM
(
  SELECT
    job,
    any(collectives.node) AS node,
    min(step) AS low,
    max(step) AS high,
    max(size) AS largestOf,
    min(ts) AS began,
    max(ts) AS ended,
    quantileExactIf(0.5)(step_us, NOT odd AND step_us IS NOT NULL) AS us,
    max(ts) >= max(max(ts)) OVER (PARTITION BY job) - toIntervalMillisecond({alive:UInt32}) AS alive
  FROM collectives
  WHERE ts >= fromUnixTimestamp64Milli({from:Int64})
    AND ts < fromUnixTimestamp64Milli({to:Int64})
    AND (job, step) IN (SELECT job, step FROM picked)
  GROUP BY job, process
) AS processes
INNER JOIN (SELECT job, rowsOfStep AS rows FROM spans) AS spans USING job
GROUP BY job
ORDER BY job`,
    params: { from: fromMs, to: toMs, alive: ALIVE_MS, rows: READ_ROWS, least: LEAST_STEPS },
    row,
  };
}
