-- jobSteps
-- job = "pretrain"
-- from = 1799996400000
-- to = 1800000000000
-- limit = 1000
SELECT step, endedAt, stepUs, odd, ranks
FROM
(
  SELECT
    toFloat64(step) AS step,
    toFloat64(quantileExact(0.5)(toUnixTimestamp64Milli(ts))) AS endedAt,
    quantileExact(0.5)(step_us) AS stepUs,
    toBool(countIf(collectives.odd) * 2 > count()) AS odd,
    toFloat64(uniqExact(process)) AS ranks,
    row_number() OVER (ORDER BY step) AS place,
    count() OVER () AS steps
  FROM collectives
  WHERE job = {job:String}
    AND ts >= fromUnixTimestamp64Milli({from:Int64})
    AND ts < fromUnixTimestamp64Milli({to:Int64})
  GROUP BY step
)
WHERE (place - 1) % greatest(1, intDiv(steps, {limit:UInt32})) = 0
ORDER BY step
