import { z } from "zod";
import { gridParams, WINDOW_SINCE, WINDOW_UNTIL, type WindowGrid } from "./drift-window-key.ts";
import type { Query } from "./query.ts";

const row = z.object({
  model: z.string(),
  sinceAt: z.number(),
  untilAt: z.number(),
  newest: z.number(),
  rows: z.number(),
});

export type DriftDueRow = z.infer<typeof row>;

export type DriftDueOptions = WindowGrid & {
  /** Windows whose rows end in [fromMs, toMs)... */
  readonly fromMs: number;
  readonly toMs: number;
  /** ... and of these only rows that were seen then or later, where it is told. */
  readonly seenMs?: number;
  /** Of all models where absent. */
  readonly model?: string;
  /** Of more than the limit, the newest; else the oldest. */
  readonly newest?: boolean;
  readonly limit: number;
};

/**
 * Windows that something was observed in: when their newest row was seen and how many different rows they have.
 * A window has changed where either has. Times are Unix ms.
 */
export function driftDue(options: DriftDueOptions): Query<DriftDueRow> {
  const { fromMs, toMs, seenMs, model, newest = false, limit } = options;
  const order = newest ? " DESC" : "";
  return {
    name: "driftDue",
    sql: `SELECT
  histograms.model AS model,
  toFloat64(${WINDOW_SINCE} AS windowSince) AS sinceAt,
  toFloat64(${WINDOW_UNTIL} AS windowUntil) AS untilAt,
  toFloat64(toUnixTimestamp64Milli(max(seen))) AS newest,
  toFloat64(uniqExact(sipHash64(version, replica, kind, feature, histograms.since, histograms.until, source, origin))) AS rows
FROM histograms
WHERE histograms.until >= fromUnixTimestamp64Milli({from:Int64})
  AND histograms.until < fromUnixTimestamp64Milli({to:Int64})${seenMs === undefined ? "" : "\n  AND seen >= fromUnixTimestamp64Milli({seen:Int64})"}${model === undefined ? "" : "\n  AND histograms.model = {model:String}"}
GROUP BY model, windowSince, windowUntil
ORDER BY untilAt${order}, sinceAt${order}, model
LIMIT {limit:UInt32}`,
    params: {
      ...gridParams(options),
      from: fromMs,
      to: toMs,
      limit,
      ...(seenMs !== undefined && { seen: seenMs }),
      ...(model !== undefined && { model }),
    },
    row,
  };
}
