-- jobsNow
-- from = 1799996400000
-- to = 1800000000000
SELECT
  job,
  toFloat64(min(step)) AS firstStep,
  toFloat64(max(step)) AS lastStep,
  toFloat64(uniqExact(process)) AS processes,
  toFloat64(uniqExactIf(node, node != '')) AS nodes,
  toFloat64(max(size)) AS largest,
  toFloat64(toUnixTimestamp64Milli(max(ts))) AS lastAt,
  quantileExactIf(0.5)(step_us, NOT odd AND step_us IS NOT NULL) AS stepUs
FROM collectives
WHERE ts >= fromUnixTimestamp64Milli({from:Int64})
  AND ts < fromUnixTimestamp64Milli({to:Int64})
GROUP BY job
ORDER BY job
