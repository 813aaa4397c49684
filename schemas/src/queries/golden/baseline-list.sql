-- baselineList
-- model = "car_loan"
SELECT
  version,
  name,
  toFloat64(toUnixTimestamp64Milli(baselines.since)) AS sinceAt,
  toFloat64(toUnixTimestamp64Milli(baselines.until)) AS untilAt,
  of_version AS ofVersion,
  toFloat64(toUnixTimestamp64Milli(created)) AS createdAt,
  created_by AS createdBy
FROM baselines FINAL
WHERE model = {model:String}
ORDER BY created DESC, version, name
LIMIT 1000
