-- modelsSeen
-- limit = 1000
-- from = 1799996400000
SELECT
  model,
  version,
  toFloat64(toUnixTimestamp64Milli(min(first))) AS firstAt,
  toFloat64(toUnixTimestamp64Milli(max(last))) AS lastAt,
  argMaxMerge(window_ms) AS windowMs
FROM observed_models
GROUP BY model, version
HAVING max(last) >= fromUnixTimestamp64Milli({from:Int64})
ORDER BY lastAt DESC, model, version
LIMIT {limit:UInt32}
