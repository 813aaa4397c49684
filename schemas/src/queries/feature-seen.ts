import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  kind: z.string(),
  version: z.string(),
  firstAt: z.number(),
  lastAt: z.number(),
  windowMs: z.number(),
});

export type FeatureSeenRow = z.infer<typeof row>;

/** As what kind and by which versions of the model a feature was observed, from when to when (Unix ms), and how long its windows are on average. */
export function featureSeen({ model, feature }: { model: string; feature: string }): Query<FeatureSeenRow> {
  return {
    name: "featureSeen",
    sql: `SELECT
  kind,
  version,
  toFloat64(toUnixTimestamp64Milli(min(histograms.since))) AS firstAt,
  toFloat64(toUnixTimestamp64Milli(max(histograms.until))) AS lastAt,
  avg(toUnixTimestamp64Milli(histograms.until) - toUnixTimestamp64Milli(histograms.since)) AS windowMs
FROM histograms
WHERE model = {model:String}
  AND kind IN ('input', 'prediction', 'score', 'latency')
  AND feature = {feature:String}
GROUP BY kind, version
ORDER BY lastAt DESC, kind, version
LIMIT 200`,
    params: { model, feature },
    row,
  };
}
