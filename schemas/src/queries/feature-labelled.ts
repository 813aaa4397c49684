import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  bounds: z.array(z.number()),
  labelled: z.array(z.number()),
  positives: z.array(z.number()),
  scoreSums: z.array(z.number()),
});

export type FeatureLabelledRow = z.infer<typeof row>;

/** Of a score, by cells of its bounds: rows of [fromMs, toMs) whose labels are known, how many of these are of class 1, and the sum of their scores. */
export function featureLabelled(options: {
  model: string;
  feature: string;
  fromMs: number;
  toMs: number;
}): Query<FeatureLabelledRow> {
  const { model, feature, fromMs, toMs } = options;
  return {
    name: "featureLabelled",
    sql: `SELECT
  histograms.bounds AS bounds,
  arrayMap(n -> toFloat64(n), sumForEach(histograms.labelled)) AS labelled,
  arrayMap(n -> toFloat64(n), sumForEach(histograms.positives)) AS positives,
  sumForEach(score_sums) AS scoreSums
FROM histograms FINAL
WHERE histograms.model = {model:String}
  AND histograms.kind = 'score'
  AND histograms.feature = {feature:String}
  AND histograms.since >= fromUnixTimestamp64Milli({from:Int64})
  AND histograms.since < fromUnixTimestamp64Milli({to:Int64})
  AND notEmpty(histograms.labelled)
  AND NOT arrayExists(edge -> isInfinite(edge), histograms.bounds)
GROUP BY histograms.bounds
ORDER BY arraySum(labelled) DESC
LIMIT 20`,
    params: { model, feature, from: fromMs, to: toMs },
    row,
  };
}
