import { z } from "zod";
import type { Query } from "./query.ts";

export type SamplesThereParams = {
  readonly metrics: readonly number[];
  readonly series: readonly string[];
  readonly ts: readonly number[];
};

/**
 * How many of these samples (the i-th of each list belong together; ts in ms) are stored. Asked after a crash, to see
 * whether a post arrived.
 */
export function samplesThere(params: SamplesThereParams): Query<{ found: number }> {
  return {
    name: "samples_there",
    // The client sends 64-bit ids as quoted strings, which Array(UInt64) does not read.
    sql: `SELECT uniqExact(metric, series, ts) AS found FROM samples
WHERE metric IN {metrics:Array(UInt32)} AND series IN (SELECT toUInt64(arrayJoin({series:Array(String)})))
AND (metric, series, toUnixTimestamp64Milli(ts)) IN
(SELECT arrayJoin(arrayZip({metrics:Array(UInt32)}, arrayMap(id -> toUInt64(id), {series:Array(String)}), {ts:Array(Int64)})))`,
    params,
    row: z.object({ found: z.coerce.number() }),
  };
}
