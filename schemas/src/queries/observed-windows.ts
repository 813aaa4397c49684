import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({ model: z.string(), windowMs: z.number(), ends: z.array(z.number()) });

export type ObservedWindowsRow = z.infer<typeof row>;

/**
 * Windows that scraped histograms were made of, by their ends and by length, since `fromMs`: of each of `models` apart, of all
 * others together (as model ""). Times are Unix ms, ascending.
 */
export function observedWindows({
  models,
  fromMs,
}: {
  models: readonly string[];
  fromMs: number;
}): Query<ObservedWindowsRow> {
  return {
    name: "observedWindows",
    sql: `SELECT
  if(has({models:Array(String)}, histograms.model), histograms.model, '') AS model,
  toFloat64(toUnixTimestamp64Milli(histograms.until) - toUnixTimestamp64Milli(histograms.since)) AS windowMs,
  arraySort(groupUniqArray(toFloat64(toUnixTimestamp64Milli(histograms.until)))) AS ends
FROM histograms
WHERE source = 'prometheus'
  AND histograms.since >= fromUnixTimestamp64Milli({from:Int64})
GROUP BY model, windowMs
ORDER BY model, windowMs`,
    params: { models, from: fromMs },
    row,
  };
}
