-- modelsSeen
-- limit = 1000
SELECT
  model,
  version,
  toFloat64(toUnixTimestamp64Milli(min(first))) AS firstAt,
  toFloat64(toUnixTimestamp64Milli(max(last))) AS lastAt,
  argMaxMerge(window_ms) AS windowMs
FROM observed_models
GROUP BY model, version
ORDER BY lastAt DESC, model, version
LIMIT {limit:UInt32}
