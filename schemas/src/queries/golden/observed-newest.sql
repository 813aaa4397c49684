-- observedNewest
-- from = 1799996400000
SELECT
  model,
  toFloat64(toUnixTimestamp64Milli(histograms.until) - toUnixTimestamp64Milli(histograms.since)) AS windowMs,
  toFloat64(toUnixTimestamp64Milli(max(histograms.until))) AS untilAt
FROM histograms
WHERE source = 'prometheus'
  AND histograms.since >= fromUnixTimestamp64Milli({from:Int64})
GROUP BY model, windowMs
ORDER BY model, windowMs
