-- modelVersions
-- of = ["chat-7b","ranker"]
SELECT
  model,
  version,
  toFloat64(toUnixTimestamp64Milli(min(first))) AS firstAt,
  toFloat64(toUnixTimestamp64Milli(max(last))) AS lastAt
FROM observed_models
WHERE model IN {of:Array(String)}
  AND version != ''
GROUP BY model, version
ORDER BY model, firstAt, version
