-- jobSteps
-- job = "pretrain"
-- from = 1799996400000
-- to = 1800000000000
-- limit = 1000
-- rows = 400000
WITH
  span AS
  (
    SELECT
      min(step) AS lo,
      max(step) AS hi,
      greatest(1, intDiv(hi - lo + 1, {limit:UInt32})) AS every,
      toUInt64(ceil(count() / every / {rows:UInt32})) AS part
    FROM collectives
    WHERE job = {job:String}
      AND ts >= fromUnixTimestamp64Milli({from:Int64})
      AND ts < fromUnixTimestamp64Milli({to:Int64})
  )
SELECT
  toFloat64(step) AS step,
  toFloat64(quantileExact(0.5)(toUnixTimestamp64Milli(ts))) AS endedAt,
  quantileExact(0.5)(step_us) AS stepUs,
  toBool(countIf(collectives.odd) * 2 > count()) AS odd
FROM collectives
WHERE job = {job:String}
  AND ts >= fromUnixTimestamp64Milli({from:Int64})
  AND ts < fromUnixTimestamp64Milli({to:Int64})
  AND collectives.step IN (SELECT arrayJoin(arrayMap(n -> lo + n * every, range(intDiv(hi - lo, every) + 1))) FROM span)
  AND cityHash64(process) % (SELECT greatest(1, part) FROM span) = 0
GROUP BY step
ORDER BY step
