-- jobHangLast
-- job = "pretrain"
-- from = 1799996400000
-- to = 1800000000000
SELECT
  process,
  last.1 AS node,
  last.2 AS jobRank,
  last.3 AS communicator,
  last.4 AS kind,
  last.5 AS collective,
  last.6 AS peer,
  toFloat64(last.7) AS seq,
  toFloat64(last.8) AS step,
  toFloat64(toUnixTimestamp64Milli(last.9)) AS endedAt
FROM
(
  SELECT
    process,
    argMax(
      (node, job_rank, communicator, kind, collective, peer, seq + count - 1, collectives.step, ts),
      (run, collectives.step, arrayElement(start_us, -1), communicator, collective)) AS last
  FROM collectives
  WHERE job = {job:String}
    AND ts >= fromUnixTimestamp64Milli({from:Int64})
    AND ts < fromUnixTimestamp64Milli({to:Int64})
  GROUP BY process
)
ORDER BY process
