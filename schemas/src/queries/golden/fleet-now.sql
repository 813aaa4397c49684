-- fleetNow
-- metrics = [624895816]
-- from = 1799999700000
-- at = 1800000000000
SELECT
  toString(series) AS series,
  if(newest.2 OR NOT isFinite(newest.1), NULL, newest.1) AS value,
  newest.2 AS stale,
  if(isFinite(highest), highest, NULL) AS peak,
  newest_ts AS ts
FROM
(
  SELECT
    series,
    argMax((if(e = 127, reinterpretAsFloat64(m), m / intExp10(e)), (e = 127 AND m = 9218868437227405314)), ts) AS newest,
    maxIf(if(e = 127, reinterpretAsFloat64(m), m / intExp10(e)), NOT (e = 127 AND m = 9218868437227405314)) AS highest,
    toFloat64(toUnixTimestamp64Milli(max(ts))) AS newest_ts
  FROM samples
  WHERE metric IN {metrics:Array(UInt32)}
    AND ts > fromUnixTimestamp64Milli({from:Int64})
    AND ts <= fromUnixTimestamp64Milli({at:Int64})
  GROUP BY series
)
