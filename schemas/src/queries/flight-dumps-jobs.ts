import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({ job: z.string(), ranks: z.number(), newestAt: z.number(), newestSeen: z.number() });

export type FlightDumpsJobRow = z.infer<typeof row>;

/**
 * Jobs whose ranks left Flight Recorder dumps at `sinceMs` or later: of how many ranks, when the newest was written, and
 * when the last was read (Unix ms).
 */
export function flightDumpsJobs({ sinceMs, limit }: { sinceMs: number; limit: number }): Query<FlightDumpsJobRow> {
  return {
    name: "flightDumpsJobs",
    sql: `SELECT
  job,
  toFloat64(uniqExact(rank)) AS ranks,
  toFloat64(toUnixTimestamp64Milli(max(at))) AS newestAt,
  toFloat64(toUnixTimestamp64Milli(max(seen))) AS newestSeen
FROM flight_dumps
WHERE at >= fromUnixTimestamp64Milli({since:Int64})
GROUP BY job
ORDER BY newestSeen DESC
LIMIT {limit:UInt32}`,
    params: { since: sinceMs, limit },
    row,
  };
}
