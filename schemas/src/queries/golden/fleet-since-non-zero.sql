-- fleetSince
-- metrics = [624895816]
-- series = ["42"]
-- from = 1799913600000
-- at = 1800000000000
SELECT
  toString(series) AS series,
  toFloat64(toUnixTimestamp64Milli(if(broken > 0, arrayElement(times, broken + 1), arrayElement(times, 1)))) AS since,
  broken = 0 AS atLeast
FROM
(
  SELECT
    series,
    arraySort(groupArray((ts, holds))) AS history,
    arrayMap(x -> x.1, history) AS times,
    arrayLastIndex(x -> NOT x.2, history) AS broken
  FROM
  (
    SELECT series, ts, if(e = 127, reinterpretAsFloat64(m), m / intExp10(e)) AS value, value != 0 AS holds
    FROM samples
    WHERE (metric, series) IN
      (SELECT pair.1, toUInt64(pair.2) FROM (SELECT arrayJoin(arrayZip({metrics:Array(UInt32)}, {series:Array(String)})) AS pair))
      AND ts > fromUnixTimestamp64Milli({from:Int64})
      AND ts <= fromUnixTimestamp64Milli({at:Int64})
      AND NOT (e = 127 AND m = 9218868437227405314)
  )
  GROUP BY series
)
WHERE length(times) > 0 AND broken < length(times)
