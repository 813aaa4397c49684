-- driftStretch
-- models = ["chat-7b"]
-- windows = [30000]
-- usual = 300000
-- of = ["chat-7b","ranker"]
-- froms = [1797580800000,1799676000000]
-- tos = [1800000000000,1799996400000]
-- versions = ["","3"]
-- hours = [17,-1]
-- offsets = [120000,0]
-- every = [1,1]
-- first = 1797580800000
-- last = 1800000000000
SELECT
  histograms.model AS model,
  toFloat64(uniqExact(if((source = 'import' OR toUnixTimestamp64Milli(histograms.until) - toUnixTimestamp64Milli(histograms.since) > transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})), toUnixTimestamp64Milli(histograms.until), intDiv(toUnixTimestamp64Milli(histograms.until) + transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64}) - 1, transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})) * transform(toString(histograms.model), {models:Array(String)}, {windows:Array(Int64)}, {usual:Int64})))) AS windows,
  toFloat64(uniqExact(intDiv(high - toUnixTimestamp64Milli(histograms.since) - 1, 604800000))) AS weeks,
  toFloat64(min(toUnixTimestamp64Milli(histograms.since))) AS firstAt
FROM histograms
INNER JOIN (
  SELECT asked.1 AS name, asked.2 AS low, asked.3 AS high, asked.4 AS ofVersion, asked.5 AS hour, asked.6 AS offset, asked.7 AS every
  FROM (SELECT arrayJoin(arrayZip({of:Array(String)}, {froms:Array(Int64)}, {tos:Array(Int64)}, {versions:Array(String)}, {hours:Array(Int64)}, {offsets:Array(Int64)}, {every:Array(Int64)})) AS asked)
) AS stretches ON stretches.name = histograms.model
WHERE histograms.model IN {of:Array(String)}
  AND histograms.since >= fromUnixTimestamp64Milli({first:Int64})
  AND histograms.since < fromUnixTimestamp64Milli({last:Int64})
  AND every > 0
  AND toUnixTimestamp64Milli(histograms.since) >= low
  AND toUnixTimestamp64Milli(histograms.until) <= high
  AND (ofVersion = '' OR histograms.version = ofVersion)
  AND (hour < 0 OR intDiv(toUnixTimestamp64Milli(histograms.since) - offset, 3600000) % 168 = hour)
GROUP BY histograms.model
