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
    sql: `SELECT uniqExact(metric, series, ts) AS found FROM samples
WHERE metric IN {metrics:Array(UInt32)} AND series IN {series:Array(UInt64)}
AND (metric, series, toUnixTimestamp64Milli(ts)) IN
(SELECT arrayJoin(arrayZip({metrics:Array(UInt32)}, {series:Array(UInt64)}, {ts:Array(Int64)})))`,
    params,
    row: z.object({ found: z.coerce.number() }),
  };
}
