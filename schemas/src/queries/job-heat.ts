import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  process: z.string(),
  node: z.string(),
  /** Columns in which the process was heard, and its mean self time of a step in each, microseconds. */
  columns: z.array(z.number()),
  selfUs: z.array(z.number()),
});

export type JobHeatRow = z.infer<typeof row>;

/** Steps first, first + every, first + 2 every, ...; `perColumn` of them make a column. */
export type StepColumns = {
  readonly firstStep: number;
  readonly every: number;
  /** 1 to 64: a step of a column is a bit of a number. */
  readonly perColumn: number;
  readonly columns: number;
};

export type JobHeatOptions = StepColumns & { readonly job: string; readonly fromMs: number; readonly toMs: number };

/** Self time of every process of a job over its steps. What is not dated or not judged is left out. */
export function jobHeat({
  job,
  fromMs,
  toMs,
  firstStep,
  every,
  perColumn,
  columns,
}: JobHeatOptions): Query<JobHeatRow> {
  return {
    name: "jobHeat",
    sql: `SELECT
  process,
  any(lastNode) AS node,
  groupArray(toFloat64(place)) AS columns,
  groupArray(self) AS selfUs
FROM
(
  SELECT
    process,
    anyLast(node) AS lastNode,
    intDiv(intDiv(collectives.step - {first:Int64}, {every:Int64}), {per:Int64}) AS place,
    sum(assumeNotNull(self_us))
      / bitCount(groupBitOr(bitShiftLeft(toUInt64(1), toUInt8(intDiv(collectives.step - {first:Int64}, {every:Int64}) % {per:Int64})))) AS self
  FROM collectives FINAL
  WHERE job = {job:String}
    AND collectives.step IN (SELECT {first:Int64} + toInt64(number) * {every:Int64} FROM numbers({count:UInt64}))
    AND ts >= fromUnixTimestamp64Milli({from:Int64})
    AND ts < fromUnixTimestamp64Milli({to:Int64})
    AND NOT collectives.odd
    AND self_us IS NOT NULL
  GROUP BY process, place
)
GROUP BY process`,
    params: { job, from: fromMs, to: toMs, first: firstStep, every, per: perColumn, count: perColumn * columns },
    row,
  };
}
