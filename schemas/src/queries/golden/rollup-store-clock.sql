-- store_clock
SELECT toFloat64(toUnixTimestamp64Milli(now64(3))) AS nowMs
