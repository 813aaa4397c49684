-- fleetSpells
-- metrics = [624895816]
-- series = ["42"]
-- from = 1799996400000
-- to = 1800000000000
-- step = 15000
-- limit = 5000
SELECT toString(series) AS series, first, last, newest AS value
FROM
(
  SELECT
    series,
    intDiv(toUnixTimestamp64Milli(ts) - {from:Int64}, {step:Int64}) AS position,
    toFloat64(toUnixTimestamp64Milli(min(ts))) AS first,
    toFloat64(toUnixTimestamp64Milli(max(ts))) AS last,
    argMax(value, ts) AS newest
  FROM
  (
    SELECT series, ts, if(e = 127, reinterpretAsFloat64(m), m / intExp10(e)) AS value
    FROM samples
    WHERE (metric, samples.series) IN
      (SELECT pair.1, toUInt64(pair.2) FROM (SELECT arrayJoin(arrayZip({metrics:Array(UInt32)}, {series:Array(String)})) AS pair))
      AND ts > fromUnixTimestamp64Milli({from:Int64})
      AND ts <= fromUnixTimestamp64Milli({to:Int64})
      AND NOT (e = 127 AND m = 9218868437227405314)
      AND isFinite(value)
      AND value != 0
  )
  GROUP BY series, position
  ORDER BY last DESC
  LIMIT {limit:UInt64}
)
ORDER BY series, first
