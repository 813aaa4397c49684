import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({ model: z.string(), sinceAt: z.number(), untilAt: z.number(), judged: z.number() });

export type DriftJudgedRow = z.infer<typeof row>;

/** Windows that were judged at `fromMs` or later, and when that was last. Times are Unix ms. */
export function driftJudged({ fromMs, limit }: { fromMs: number; limit: number }): Query<DriftJudgedRow> {
  return {
    name: "driftJudged",
    sql: `SELECT
  model,
  toFloat64(toUnixTimestamp64Milli(drift_windows.since)) AS sinceAt,
  toFloat64(toUnixTimestamp64Milli(drift_windows.until)) AS untilAt,
  toFloat64(toUnixTimestamp64Milli(max(drift_windows.judged))) AS judged
FROM drift_windows
WHERE drift_windows.judged >= fromUnixTimestamp64Milli({from:Int64})
GROUP BY model, drift_windows.since, drift_windows.until
ORDER BY judged DESC
LIMIT {limit:UInt32}`,
    params: { from: fromMs, limit },
    row,
  };
}
