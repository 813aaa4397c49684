import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  job: z.string(),
  step: z.number(),
  communicator: z.string(),
  collective: z.string(),
  peer: z.number().nullable(),
  process: z.string(),
  run: z.number(),
  kind: z.string(),
  odd: z.boolean(),
  node: z.string(),
  rank: z.number(),
  size: z.number(),
  jobRank: z.number().nullable(),
  seq: z.number(),
  count: z.number(),
  perSlot: z.number(),
  bytes: z.number().nullable(),
  execUs: z.array(z.number()),
  startUs: z.array(z.number()),
  began: z.number().nullable(),
  ended: z.number().nullable(),
  selfUs: z.number().nullable(),
  stepUs: z.number().nullable(),
  timing: z.string(),
});

export type CollectiveRow = z.infer<typeof row>;

export type CollectiveRowsOptions = {
  readonly job: string;
  readonly firstStep: number;
  readonly lastStep: number;
  /** Rows older than this are of an earlier run of the job, whose steps bear the same numbers. */
  readonly sinceMs: number;
};

/** What the ranks of a job did in these steps, each row once. Times of `began` and `ended` are microseconds since 1970. */
export function collectiveRows({ job, firstStep, lastStep, sinceMs }: CollectiveRowsOptions): Query<CollectiveRow> {
  return {
    name: "collectiveRows",
    sql: `SELECT
  job,
  toFloat64(step) AS step,
  communicator,
  collective,
  peer,
  process,
  run,
  kind,
  toBool(collectives.odd) AS odd,
  node,
  rank,
  size,
  job_rank AS jobRank,
  toFloat64(seq) AS seq,
  count,
  per_slot AS perSlot,
  toFloat64(bytes) AS bytes,
  exec_us AS execUs,
  start_us AS startUs,
  toFloat64(toUnixTimestamp64Micro(began)) AS began,
  toFloat64(toUnixTimestamp64Micro(ended)) AS ended,
  self_us AS selfUs,
  step_us AS stepUs,
  timing
FROM collectives FINAL
WHERE job = {job:String}
  AND collectives.step BETWEEN {first:Int64} AND {last:Int64}
  AND ts >= fromUnixTimestamp64Milli({since:Int64})`,
    params: { job, first: firstStep, last: lastStep, since: sinceMs },
    row,
  };
}
