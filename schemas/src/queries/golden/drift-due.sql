-- driftDue
-- models = ["chat-7b"]
-- windows = [30000]
-- usual = 300000
-- from = 1799996400000
-- to = 1800000000000
-- limit = 1000
SELECT
  histograms.model AS model,
  toFloat64(if((source = 'import' OR toUnixTimestamp64Milli(histograms.until) - toUnixTimestamp64Milli(histograms.since) > transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})), toUnixTimestamp64Milli(histograms.since), intDiv(toUnixTimestamp64Milli(histograms.until) + transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64}) - 1, transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})) * transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64}) - transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})) AS windowSince) AS sinceAt,
  toFloat64(if((source = 'import' OR toUnixTimestamp64Milli(histograms.until) - toUnixTimestamp64Milli(histograms.since) > transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})), toUnixTimestamp64Milli(histograms.until), intDiv(toUnixTimestamp64Milli(histograms.until) + transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64}) - 1, transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})) * transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})) AS windowUntil) AS untilAt,
  toFloat64(toUnixTimestamp64Milli(max(seen))) AS newest,
  toFloat64(uniqExact(sipHash64(version, replica, kind, feature, histograms.since, histograms.until, source, origin))) AS rows
FROM histograms
WHERE histograms.until >= fromUnixTimestamp64Milli({from:Int64})
  AND histograms.until < fromUnixTimestamp64Milli({to:Int64})
GROUP BY model, windowSince, windowUntil
ORDER BY untilAt, sinceAt, model
LIMIT {limit:UInt32}
