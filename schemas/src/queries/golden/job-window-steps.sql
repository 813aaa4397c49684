-- jobWindowSteps
-- job = "pretrain"
-- from = 1799999940000
-- limit = 500
SELECT
  toFloat64(step) AS step,
  toFloat64(uniqExact(process)) AS processes,
  toFloat64(count()) AS rows,
  toFloat64(sum(length(exec_us) + length(start_us))) AS numbers,
  toFloat64(toUnixTimestamp64Milli(min(ts))) AS firstAt,
  toFloat64(toUnixTimestamp64Milli(max(ts))) AS lastAt
FROM collectives
WHERE job = {job:String}
  AND ts >= fromUnixTimestamp64Milli({from:Int64})
GROUP BY step
ORDER BY lastAt DESC, step DESC
LIMIT {limit:UInt32}
