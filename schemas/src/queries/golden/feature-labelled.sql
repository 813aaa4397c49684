-- featureLabelled
-- model = "ranker"
-- feature = "score"
-- from = 1799996400000
-- to = 1800000000000
SELECT
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
LIMIT 20
