-- driftBaselines
-- limit = 1000
SELECT model, version, sinceAt, untilAt, ofVersion, created, judged
FROM
(
  SELECT
    model,
    version,
    toFloat64(toUnixTimestamp64Milli(baselines.since)) AS sinceAt,
    toFloat64(toUnixTimestamp64Milli(baselines.until)) AS untilAt,
    of_version AS ofVersion,
    toFloat64(toUnixTimestamp64Milli(baselines.created)) AS created
  FROM baselines FINAL
  ORDER BY baselines.created DESC
  LIMIT 1 BY model, version
) AS newest
LEFT JOIN
(
  SELECT model, toFloat64(toUnixTimestamp64Milli(max(drift_windows.judged))) AS judged
  FROM drift_windows
  WHERE baseline = 'training'
    AND model IN (SELECT model FROM baselines)
  GROUP BY model
) AS told USING model
ORDER BY created DESC
LIMIT {limit:UInt32}
