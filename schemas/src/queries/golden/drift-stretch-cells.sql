-- driftStretchCells
-- models = ["chat-7b"]
-- windows = [30000]
-- usual = 300000
-- of = ["chat-7b","ranker"]
-- froms = [1797580800000,1799676000000]
-- tos = [1800000000000,1799996400000]
-- versions = ["","3"]
-- hours = [17,-1]
-- offsets = [120000,0]
-- every = [1,7]
-- first = 1797580800000
-- last = 1800000000000
SELECT
  toString(histograms.model) AS modelName,
  toString('') AS versionName,
  toString('') AS replicaName,
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
INNER JOIN (
  SELECT asked.1 AS name, asked.2 AS low, asked.3 AS high, asked.4 AS ofVersion, asked.5 AS hour, asked.6 AS offset, asked.7 AS every
  FROM (SELECT arrayJoin(arrayZip({of:Array(String)}, {froms:Array(Int64)}, {tos:Array(Int64)}, {versions:Array(String)}, {hours:Array(Int64)}, {offsets:Array(Int64)}, {every:Array(Int64)})) AS asked)
) AS stretches ON stretches.name = histograms.model
WHERE histograms.model IN {of:Array(String)}
  AND histograms.since >= fromUnixTimestamp64Milli({first:Int64})
  AND histograms.since < fromUnixTimestamp64Milli({last:Int64})
  AND toUnixTimestamp64Milli(histograms.since) >= low
  AND toUnixTimestamp64Milli(histograms.until) <= high
  AND (ofVersion = '' OR histograms.version = ofVersion)
  AND (hour < 0 OR intDiv(toUnixTimestamp64Milli(histograms.since) - offset, 3600000) % 168 = hour)
  AND (every = 1 OR sipHash64(if((source = 'import' OR toUnixTimestamp64Milli(histograms.until) - toUnixTimestamp64Milli(histograms.since) > transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})), toUnixTimestamp64Milli(histograms.until), intDiv(toUnixTimestamp64Milli(histograms.until) + transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64}) - 1, transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})) * transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64}))) % every = 0)
GROUP BY histograms.model, windowSince, windowUntil, histograms.kind, histograms.feature, histograms.bounds, histograms.scale, zero_threshold, positive_offset, negative_offset
