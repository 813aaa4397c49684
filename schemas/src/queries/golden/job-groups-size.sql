-- jobGroupsSize
-- job = "pretrain"
-- first = 100
-- last = 119
-- since = 1799999400000
SELECT
  toFloat64(count()) AS rows,
  toFloat64(uniqExact(collectives.step)) AS steps,
  toFloat64(uniqExact(process)) AS processes,
  toFloat64(uniqExact(communicator)) AS communicators,
  toFloat64(countIf(self_us IS NOT NULL)) AS dated
FROM collectives
WHERE job = {job:String}
  AND collectives.step BETWEEN {first:Int64} AND {last:Int64}
  AND ts >= fromUnixTimestamp64Milli({since:Int64})
