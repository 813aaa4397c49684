-- modelPageEvents
-- model = "chat-7b"
-- from = 1799996400000
-- to = 1800000000000
-- limit = 100
SELECT kind, toFloat64(toUnixTimestamp64Milli(at)) AS atMs, title
FROM events FINAL
WHERE kind IN ('deploy', 'config')
  AND at >= fromUnixTimestamp64Milli({from:Int64})
  AND at < fromUnixTimestamp64Milli({to:Int64})
  AND labels['model'] IN ('', {model:String})
ORDER BY at
LIMIT {limit:UInt32}
