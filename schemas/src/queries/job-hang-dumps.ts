import { z } from "zod";
import type { Query } from "./query.ts";

const sizeRow = z.object({ ranks: z.number(), bytes: z.number(), newest: z.number().nullable() });

export type JobHangSizeRow = z.infer<typeof sizeRow>;

export type JobHangOptions = { readonly job: string; readonly fromMs: number; readonly toMs: number };

/** Dumps that lie further back than this from the newest are of an earlier hang. */
const ONE_HANG_MS = 900_000;

/** How many ranks of a job left a dump in [fromMs, toMs), how large the newest of each are together, and when (Unix ms). */
export function jobHangSize({ job, fromMs, toMs }: JobHangOptions): Query<JobHangSizeRow> {
  return {
    name: "jobHangSize",
    sql: `SELECT
  toFloat64(count()) AS ranks,
  toFloat64(sum(bytes)) AS bytes,
  if(count() = 0, NULL, toFloat64(toUnixTimestamp64Milli(max(newest)))) AS newest
FROM
(
  SELECT max(at) AS newest, argMax(length(dump), (at, seen)) AS bytes
  FROM flight_dumps
  WHERE job = {job:String}
    AND at >= fromUnixTimestamp64Milli({from:Int64})
    AND at < fromUnixTimestamp64Milli({to:Int64})
  GROUP BY rank
)`,
    params: { job, from: fromMs, to: toMs },
    row: sizeRow,
  };
}

const row = z.object({ rank: z.number(), node: z.string(), at: z.number(), dump: z.string() });

export type JobHangDumpRow = z.infer<typeof row>;

/** The newest dump of each rank of a job's last hang before `toMs`. `dump` is as packages/formats writes it, `at` Unix ms. */
export function jobHangDumps({ job, fromMs, toMs }: JobHangOptions): Query<JobHangDumpRow> {
  return {
    name: "jobHangDumps",
    sql: `SELECT rank, node, toFloat64(toUnixTimestamp64Milli(newest)) AS at, dump
FROM
(
  SELECT
    rank,
    argMax(flight_dumps.node, (at, seen)) AS node,
    max(at) AS newest,
    argMax(flight_dumps.dump, (at, seen)) AS dump,
    max(max(at)) OVER () AS last
  FROM flight_dumps
  WHERE job = {job:String}
    AND at >= fromUnixTimestamp64Milli({from:Int64})
    AND at < fromUnixTimestamp64Milli({to:Int64})
  GROUP BY rank
)
WHERE newest >= last - toIntervalMillisecond({near:UInt32})
ORDER BY rank`,
    params: { job, from: fromMs, to: toMs, near: ONE_HANG_MS },
    row,
  };
}
