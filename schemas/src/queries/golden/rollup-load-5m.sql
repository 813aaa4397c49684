-- rollup_load
-- since = 1800000000
-- until = 1800003600
SELECT toFloat64(bitShiftRight(metric, 20)) AS bucket, toFloat64(count()) AS rows
FROM samples
WHERE ts >= fromUnixTimestamp64Milli({since:Int64} * 1000) AND ts < fromUnixTimestamp64Milli({until:Int64} * 1000)
GROUP BY bucket
ORDER BY bucket
SETTINGS max_threads = 1
