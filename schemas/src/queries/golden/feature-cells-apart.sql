-- featureCells
-- model = "chat-7b"
-- kind = "input"
-- feature = "prompt_tokens"
-- first = 1799395200000
-- last = 1800000000000
-- froms = [1799395200000,1799999700000]
-- tos = [1799398800000,1800000000000]
-- limit = 200
-- version = "2"
-- except = "pod-3"
SELECT
  histograms.version AS version,
  histograms.replica AS replica,
  histograms.labels AS labels,
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
FROM histograms FINAL
WHERE histograms.model = {model:String}
  AND histograms.kind = {kind:String}
  AND histograms.feature = {feature:String}
  AND histograms.since >= fromUnixTimestamp64Milli({first:Int64})
  AND histograms.since < fromUnixTimestamp64Milli({last:Int64})
  AND arrayExists(
    (low, high) -> histograms.since >= fromUnixTimestamp64Milli(low) AND histograms.until <= fromUnixTimestamp64Milli(high),
    {froms:Array(Int64)},
    {tos:Array(Int64)}
  )
  AND histograms.version = {version:String}
  AND histograms.replica != {except:String}
GROUP BY histograms.version, histograms.replica, histograms.labels, histograms.bounds, histograms.scale, zero_threshold, positive_offset, negative_offset
ORDER BY sum(histograms.count) DESC
LIMIT {limit:UInt32}
