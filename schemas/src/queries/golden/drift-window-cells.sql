-- driftWindowCells
-- models = ["chat-7b"]
-- windows = [30000]
-- usual = 300000
-- of = ["chat-7b","ranker"]
-- froms = [1799999970000,1799999700000]
-- tos = [1800000000000,1800000000000]
-- first = 1799999400000
-- last = 1800000000000
SELECT
  toString(histograms.model) AS modelName,
  toString(histograms.version) AS versionName,
  toString(histograms.replica) AS replicaName,
  toString(histograms.kind) AS kindName,
  toString(histograms.feature) AS featureName,
  toInt64(if((source = 'import' OR toUnixTimestamp64Milli(histograms.until) - toUnixTimestamp64Milli(histograms.since) > transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})), toUnixTimestamp64Milli(histograms.since), intDiv(toUnixTimestamp64Milli(histograms.until) + transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64}) - 1, transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})) * transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64}) - transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})) AS windowSince) AS sinceAt,
  toInt64(if((source = 'import' OR toUnixTimestamp64Milli(histograms.until) - toUnixTimestamp64Milli(histograms.since) > transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})), toUnixTimestamp64Milli(histograms.until), intDiv(toUnixTimestamp64Milli(histograms.until) + transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64}) - 1, transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})) * transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})) AS windowUntil) AS untilAt,
  histograms.bounds AS boundsSum,
  arrayMap(n -> toFloat64(n), sumForEach(histograms.counts)) AS countsSum,
  histograms.scale AS scaleSum,
  zero_threshold AS zeroThresholdSum,
  toFloat64(sum(zero_count)) AS zeroCountSum,
  positive_offset AS positiveOffsetSum,
  arrayMap(n -> toFloat64(n), sumForEach(histograms.positive)) AS positiveSum,
  negative_offset AS negativeOffsetSum,
  arrayMap(n -> toFloat64(n), sumForEach(histograms.negative)) AS negativeSum,
  (sumMap(mapKeys(categories), mapValues(categories)) AS named).1 AS namesSum,
  arrayMap(n -> toFloat64(n), named.2) AS ofNamesSum,
  toFloat64(sum(histograms.missing)) AS missingSum,
  arrayMap(n -> toFloat64(n), sumForEach(histograms.labelled)) AS labelledSum,
  arrayMap(n -> toFloat64(n), sumForEach(histograms.positives)) AS positivesSum,
  sumForEach(score_sums) AS scoreSumsSum
FROM histograms FINAL
WHERE histograms.model IN {of:Array(String)}
  AND histograms.since >= fromUnixTimestamp64Milli({first:Int64})
  AND histograms.until <= fromUnixTimestamp64Milli({last:Int64})
  AND (histograms.model, windowSince, windowUntil) IN
    (SELECT arrayJoin(arrayZip({of:Array(String)}, {froms:Array(Int64)}, {tos:Array(Int64)})) AS asked)
GROUP BY histograms.model, windowSince, windowUntil, histograms.version, histograms.replica, histograms.kind, histograms.feature, histograms.bounds, histograms.scale, zero_threshold, positive_offset, negative_offset
