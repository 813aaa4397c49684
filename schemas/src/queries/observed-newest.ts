import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({ model: z.string(), windowMs: z.number(), untilAt: z.number() });

export type ObservedNewestRow = z.infer<typeof row>;

/** How far scraped histograms were made windows of, by model and length of window; looked for since `fromMs`. Times are Unix ms. */
export function observedNewest({ fromMs }: { fromMs: number }): Query<ObservedNewestRow> {
  return {
    name: "observedNewest",
    sql: `SELECT
  model,
  toFloat64(toUnixTimestamp64Milli(histograms.until) - toUnixTimestamp64Milli(histograms.since)) AS windowMs,
  toFloat64(toUnixTimestamp64Milli(max(histograms.until))) AS untilAt
FROM histograms
WHERE source = 'prometheus'
  AND histograms.since >= fromUnixTimestamp64Milli({from:Int64})
GROUP BY model, windowMs
ORDER BY model, windowMs`,
    params: { from: fromMs },
    row,
  };
}
