-- jobWindowJobs
-- from = 1799999940000
-- to = 1800000000000
-- limit = 200
SELECT
  job,
  toFloat64(uniq(process)) AS processes,
  toFloat64(toUnixTimestamp64Milli(max(ts))) AS lastAt,
  if(countIf(NOT odd AND step_us IS NOT NULL) = 0, NULL, quantileIf(0.5)(assumeNotNull(step_us), NOT odd AND step_us IS NOT NULL)) AS stepUs
FROM collectives
WHERE ts >= fromUnixTimestamp64Milli({from:Int64})
  AND ts < fromUnixTimestamp64Milli({to:Int64})
GROUP BY job
ORDER BY lastAt DESC
LIMIT {limit:UInt32}
