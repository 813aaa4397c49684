-- gpuLastSample
-- metrics = [624895816]
-- series = ["42"]
-- from = 1799913600000
-- at = 1800000000000
SELECT toString(series) AS series, last AS ts
FROM
(
  SELECT series, toFloat64(toUnixTimestamp64Milli(max(ts))) AS last
  FROM samples
  WHERE (metric, samples.series) IN
      (SELECT pair.1, toUInt64(pair.2) FROM (SELECT arrayJoin(arrayZip({metrics:Array(UInt32)}, {series:Array(String)})) AS pair))
    AND ts > fromUnixTimestamp64Milli({from:Int64})
    AND ts <= fromUnixTimestamp64Milli({at:Int64})
    AND NOT (e = 127 AND m = 9218868437227405314)
  GROUP BY series
)
