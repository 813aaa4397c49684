-- jobsNow
-- from = 1799996400000
-- to = 1800000000000
-- alive = 120000
SELECT
  job,
  toFloat64(minIf(low, alive)) AS firstStep,
  toFloat64(maxIf(high, alive)) AS lastStep,
  toFloat64(countIf(alive)) AS processes,
  toFloat64(uniqExactIf(node, alive AND node != '')) AS nodes,
  toFloat64(maxIf(largestOf, alive)) AS largest,
  toFloat64(toUnixTimestamp64Milli(minIf(began, alive))) AS firstAt,
  toFloat64(toUnixTimestamp64Milli(max(ended))) AS lastAt,
  quantileExactIf(0.5)(us, alive AND us IS NOT NULL) AS stepUs,
  if(countIf(us IS NOT NULL) = 0, NULL, sum(steps * ifNull(us, 0)) / 1e6) AS gpuSeconds
FROM
(
  SELECT
    job,
    any(collectives.node) AS node,
    min(step) AS low,
    max(step) AS high,
    uniqExact(step) AS steps,
    max(size) AS largestOf,
    min(ts) AS began,
    max(ts) AS ended,
    quantileExactIf(0.5)(step_us, NOT odd AND step_us IS NOT NULL) AS us,
    max(ts) >= max(max(ts)) OVER (PARTITION BY job) - toIntervalMillisecond({alive:UInt32}) AS alive
  FROM collectives
  WHERE ts >= fromUnixTimestamp64Milli({from:Int64})
    AND ts < fromUnixTimestamp64Milli({to:Int64})
  GROUP BY job, process
)
GROUP BY job
ORDER BY job
