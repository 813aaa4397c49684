-- driftJudged
-- from = 1799996400000
-- limit = 1000
SELECT
  model,
  toFloat64(toUnixTimestamp64Milli(drift_windows.since)) AS sinceAt,
  toFloat64(toUnixTimestamp64Milli(drift_windows.until)) AS untilAt,
  toFloat64(toUnixTimestamp64Milli(max(drift_windows.judged))) AS judged
FROM drift_windows
WHERE drift_windows.judged >= fromUnixTimestamp64Milli({from:Int64})
GROUP BY model, drift_windows.since, drift_windows.until
ORDER BY judged DESC
LIMIT {limit:UInt32}
