import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  process: z.string(),
  node: z.string(),
  jobRank: z.number().nullable(),
  communicator: z.string(),
  kind: z.string(),
  collective: z.string(),
  peer: z.number().nullable(),
  seq: z.number(),
  step: z.number(),
  endedAt: z.number(),
});

export type JobHangLastRow = z.infer<typeof row>;

/**
 * The last operation of each process of a job that its step rows in [fromMs, toMs) tell of, which is one that it completed:
 * `seq` of it, and when its step ended (Unix ms).
 */
export function jobHangLast(options: { job: string; fromMs: number; toMs: number }): Query<JobHangLastRow> {
  const { job, fromMs, toMs } = options;
  return {
    name: "jobHangLast",
    sql: `SELECT
  process,
  last.1 AS node,
  last.2 AS jobRank,
  last.3 AS communicator,
  last.4 AS kind,
  last.5 AS collective,
  last.6 AS peer,
  toFloat64(last.7) AS seq,
  toFloat64(last.8) AS step,
  toFloat64(toUnixTimestamp64Milli(last.9)) AS endedAt
FROM
(
  SELECT
    process,
    argMax(
      (node, job_rank, communicator, kind, collective, peer, seq + count - 1, collectives.step, ts),
      (run, collectives.step, arrayElement(start_us, -1), communicator, collective)) AS last
  FROM collectives
  WHERE job = {job:String}
    AND ts >= fromUnixTimestamp64Milli({from:Int64})
    AND ts < fromUnixTimestamp64Milli({to:Int64})
  GROUP BY process
)
ORDER BY process`,
    params: { job, from: fromMs, to: toMs },
    row,
  };
}
