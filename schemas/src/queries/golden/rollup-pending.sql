-- rollup_pending
-- grace = 60
SELECT
  toFloat64(level) AS level,
  toFloat64(toUnixTimestamp(since)) AS since,
  toFloat64(toUnixTimestamp(until)) AS until,
  groupArray(1000)(toString(id)) AS ids
FROM
(
  SELECT level, since, until, id
  FROM rollup_marks
  WHERE until + {grace:UInt32} <= now()
  GROUP BY level, since, until, id
  HAVING max(done) = 0
)
GROUP BY level, since, until
ORDER BY level, since DESC, until DESC
LIMIT 5000 BY level
SETTINGS max_threads = 1
