-- featureSeen
-- model = "chat-7b"
-- feature = "prompt_tokens"
SELECT
  kind,
  version,
  toFloat64(toUnixTimestamp64Milli(min(histograms.since))) AS firstAt,
  toFloat64(toUnixTimestamp64Milli(max(histograms.until))) AS lastAt,
  avg(toUnixTimestamp64Milli(histograms.until) - toUnixTimestamp64Milli(histograms.since)) AS windowMs
FROM histograms
WHERE model = {model:String}
  AND kind IN ('input', 'prediction', 'score', 'latency')
  AND feature = {feature:String}
GROUP BY kind, version
ORDER BY lastAt DESC, kind, version
LIMIT 200
