-- gpuGrid
-- metrics = [624895816]
-- series = ["42"]
-- from = 1799996400000
-- to = 1800000000000
-- step = 15000
-- window = 300000
-- since = 1799996100000
SELECT
  toString(series) AS series,
  timeSeriesLastToGrid(
    fromUnixTimestamp64Milli({from:Int64}), fromUnixTimestamp64Milli({to:Int64}),
    toDecimal64({step:Int64} / 1000, 3), toDecimal64({window:Int64} / 1000, 3))(ts, if(e = 127, reinterpretAsFloat64(m), m / intExp10(e))) AS values
FROM samples
WHERE (metric, samples.series) IN
      (SELECT pair.1, toUInt64(pair.2) FROM (SELECT arrayJoin(arrayZip({metrics:Array(UInt32)}, {series:Array(String)})) AS pair))
  AND ts > fromUnixTimestamp64Milli({since:Int64})
  AND ts <= fromUnixTimestamp64Milli({to:Int64})
GROUP BY samples.series
SETTINGS allow_experimental_time_series_aggregate_functions = 1
