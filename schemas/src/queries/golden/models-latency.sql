-- modelsLatency
-- models = ["chat-7b","ranker"]
-- froms = [1799996400000,1799992800000]
-- from = 1799992800000
-- to = 1800000000000
-- limit = 5000
SELECT
  model,
  feature,
  arrayMap(edge -> toString(edge), histograms.bounds) AS bounds,
  arrayMap(n -> toFloat64(n), sumForEach(histograms.counts)) AS counts,
  histograms.scale AS scale,
  zero_threshold AS zeroThreshold,
  toFloat64(sum(zero_count)) AS zeroCount,
  positive_offset AS positiveOffset,
  arrayMap(n -> toFloat64(n), sumForEach(histograms.positive)) AS positive,
  negative_offset AS negativeOffset,
  arrayMap(n -> toFloat64(n), sumForEach(histograms.negative)) AS negative,
  (sumMap(mapKeys(categories), mapValues(categories)) AS named).1 AS names,
  arrayMap(n -> toFloat64(n), named.2) AS ofNames,
  toFloat64(sum(histograms.missing)) AS missing
FROM
(
  SELECT *
  FROM histograms
  PREWHERE since >= fromUnixTimestamp64Milli({from:Int64})
    AND since < fromUnixTimestamp64Milli({to:Int64})
    AND kind = 'latency'
  WHERE model IN {models:Array(String)}
    AND since >= fromUnixTimestamp64Milli(transform(toString(model), {models:Array(String)}, {froms:Array(Int64)}, {from:Int64}))
  ORDER BY seen DESC
  LIMIT 1 BY model, feature, since, until, version, replica, source, origin
) AS histograms
GROUP BY model, feature, histograms.bounds, histograms.scale, zero_threshold, positive_offset, negative_offset
ORDER BY model, feature
LIMIT {limit:UInt32}
