-- jobGpuEvents
-- from = 1799996400000
-- to = 1800000000000
-- limit = 100
SELECT
  kind,
  toFloat64(toUnixTimestamp64Milli(events.at)) AS at,
  node,
  gpu,
  code,
  title
FROM events FINAL
WHERE kind IN ('xid', 'deploy', 'config', 'annotation')
  AND events.at >= fromUnixTimestamp64Milli({from:Int64})
  AND events.at < fromUnixTimestamp64Milli({to:Int64})
ORDER BY events.at DESC
LIMIT {limit:UInt32}
