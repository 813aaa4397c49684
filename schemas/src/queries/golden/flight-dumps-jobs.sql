-- flightDumpsJobs
-- since = 1799996400000
-- limit = 100
SELECT
  job,
  toFloat64(uniqExact(rank)) AS ranks,
  toFloat64(toUnixTimestamp64Milli(max(at))) AS newestAt,
  toFloat64(toUnixTimestamp64Milli(max(seen))) AS newestSeen
FROM flight_dumps
WHERE at >= fromUnixTimestamp64Milli({since:Int64})
GROUP BY job
ORDER BY newestSeen DESC
LIMIT {limit:UInt32}
