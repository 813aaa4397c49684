-- xidChanges
-- metrics = ["DCGM_FI_DEV_XID_ERRORS","DCGM_EXP_XID_ERRORS_COUNT"]
-- ids = [2871542704,4197137816]
-- count = 4197137816
-- from = 1799999940000
-- to = 1800000000000
-- limit = 1000
SELECT toString(id) AS series, labels, firstSeen, at, value
FROM
(
  SELECT
    series AS id,
    metric AS name,
    toFloat64(toUnixTimestamp64Milli(ts)) AS at,
    if(e = 127, reinterpretAsFloat64(m), m / intExp10(e)) AS value,
    row_number() OVER (PARTITION BY series ORDER BY ts) AS place,
    lagInFrame(value) OVER (PARTITION BY series ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
  FROM samples
  WHERE samples.metric IN {ids:Array(UInt32)}
    AND ts > fromUnixTimestamp64Milli({from:Int64})
    AND ts <= fromUnixTimestamp64Milli({to:Int64})
    AND NOT (e = 127 AND m = 9218868437227405314)
) AS seen
INNER JOIN
(
  SELECT
    series AS id,
    any(series.labels) AS labels,
    toFloat64(toUnixTimestamp64Milli(min(first_seen))) AS firstSeen
  FROM series
  WHERE metric IN {metrics:Array(String)}
  GROUP BY series
) AS told USING (id)
WHERE (place = 1 OR value != before OR name = {count:UInt32}) AND isFinite(value)
ORDER BY at, id
LIMIT {limit:UInt32}
