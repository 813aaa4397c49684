-- rollup_load
-- since = 1800000000
-- until = 1800003600
SELECT toFloat64(bitShiftRight(metric, 20)) AS bucket, toFloat64(count()) AS rows
FROM samples_5m
WHERE window >= toDateTime({since:Int64}, 'UTC') AND window < toDateTime({until:Int64}, 'UTC')
GROUP BY bucket
ORDER BY bucket
SETTINGS max_threads = 1
