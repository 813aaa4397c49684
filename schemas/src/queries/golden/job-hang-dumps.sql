-- jobHangDumps
-- job = "pretrain"
-- from = 1799996400000
-- to = 1800000000000
-- near = 900000
SELECT rank, node, toFloat64(toUnixTimestamp64Milli(newest)) AS at, dump
FROM
(
  SELECT
    rank,
    argMax(flight_dumps.node, (at, seen)) AS node,
    max(at) AS newest,
    argMax(flight_dumps.dump, (at, seen)) AS dump,
    max(max(at)) OVER () AS last
  FROM flight_dumps
  WHERE job = {job:String}
    AND at >= fromUnixTimestamp64Milli({from:Int64})
    AND at < fromUnixTimestamp64Milli({to:Int64})
  GROUP BY rank
)
WHERE newest >= last - toIntervalMillisecond({near:UInt32})
ORDER BY rank
