-- clusterUp
-- metric = 1128467232
-- from = 1799999700000
-- at = 1800000000000
SELECT toString(series) AS series, job, instance, if(newest.2, NULL, newest.1) AS up, newest_ts AS ts
FROM
(
  SELECT
    series,
    argMax((if(e = 127, reinterpretAsFloat64(m), m / intExp10(e)), (e = 127 AND m = 9218868437227405314)), ts) AS newest,
    toFloat64(toUnixTimestamp64Milli(max(ts))) AS newest_ts
  FROM samples
  WHERE metric = {metric:UInt32}
    AND ts > fromUnixTimestamp64Milli({from:Int64})
    AND ts <= fromUnixTimestamp64Milli({at:Int64})
  GROUP BY series
) AS recent
INNER JOIN
(
  SELECT series, any(labels['job']) AS job, any(labels['instance']) AS instance
  FROM series
  WHERE metric = 'up'
  GROUP BY series
) AS target USING (series)
ORDER BY job, instance
