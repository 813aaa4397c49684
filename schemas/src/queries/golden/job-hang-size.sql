-- jobHangSize
-- job = "pretrain"
-- from = 1799996400000
-- to = 1800000000000
SELECT
  toFloat64(count()) AS ranks,
  toFloat64(sum(bytes)) AS bytes,
  if(count() = 0, NULL, toFloat64(toUnixTimestamp64Milli(max(newest)))) AS newest
FROM
(
  SELECT max(at) AS newest, argMax(length(dump), (at, seen)) AS bytes
  FROM flight_dumps
  WHERE job = {job:String}
    AND at >= fromUnixTimestamp64Milli({from:Int64})
    AND at < fromUnixTimestamp64Milli({to:Int64})
  GROUP BY rank
)
