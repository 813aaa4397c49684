import { z } from "zod";
import type { Query } from "./query.ts";
import { ROLLUP_GRACE_SECONDS } from "./rollup-levels.ts";

/** More marks than this of one range, or ranges of one level, are left for the next turn. */
const MAX_RANGES = 5000;
const MAX_IDS = 1000;

const row = z.object({ level: z.number(), since: z.number(), until: z.number(), ids: z.array(z.string()) });

export type PendingRow = z.infer<typeof row>;

/**
 * Ranges of windows that were marked and not worked off since, as far as they are closed; the newest first, for those
 * are what people look at.
 */
export function rollupPending(): Query<PendingRow> {
  return {
    name: "rollup_pending",
    sql: `SELECT
  toFloat64(level) AS level,
  toFloat64(toUnixTimestamp(since)) AS since,
  toFloat64(toUnixTimestamp(until)) AS until,
  groupArray(${MAX_IDS})(toString(id)) AS ids
FROM
(
  SELECT level, since, until, id
  FROM rollup_marks
  WHERE until + {grace:UInt32} <= now()
  GROUP BY level, since, until, id
  HAVING max(done) = 0
)
GROUP BY level, since, until
ORDER BY level, since DESC, until DESC
LIMIT ${MAX_RANGES} BY level
SETTINGS max_threads = 1`,
    params: { grace: ROLLUP_GRACE_SECONDS },
    row,
  };
}

/** ClickHouse's clock, ms since 1970. */
export function storeClock(): Query<{ nowMs: number }> {
  return {
    name: "store_clock",
    sql: "SELECT toFloat64(toUnixTimestamp64Milli(now64(3))) AS nowMs",
    params: {},
    row: z.object({ nowMs: z.number() }),
  };
}
