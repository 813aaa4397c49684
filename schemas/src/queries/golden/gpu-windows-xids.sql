-- gpuWindowXids
-- gpus = ["GPU-58e8f5ea-0000-0000-0000-000000000001"]
-- from = 1799999940000
-- to = 1800000000000
-- limit = 100
SELECT gpu, toFloat64(assumeNotNull(code)) AS code, toFloat64(toUnixTimestamp64Milli(min(events.at))) AS at
FROM events FINAL
WHERE kind = 'xid'
  AND gpu IN {gpus:Array(String)}
  AND code IS NOT NULL
  AND events.at >= fromUnixTimestamp64Milli({from:Int64})
  AND events.at <= fromUnixTimestamp64Milli({to:Int64})
GROUP BY gpu, code
ORDER BY at
LIMIT {limit:UInt32}
