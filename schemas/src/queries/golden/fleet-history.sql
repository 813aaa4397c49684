-- fleetHistory
-- metric = 624895816
-- from = 1799996400000
-- to = 1800000000000
-- step = 15000
-- window = 300000
-- since = 1799996100000
SELECT
  toFloat64({from:Int64} + (position - 1) * {step:Int64}) AS ts,
  if(count = 0, NULL, quantiles[1]) AS low,
  if(count = 0, NULL, quantiles[2]) AS median,
  if(count = 0, NULL, quantiles[3]) AS high,
  if(count = 0, NULL, top) AS top,
  if(count = 0, NULL, total) AS total,
  toFloat64(count) AS count
FROM
(
  SELECT
    position,
    quantilesIf(0.1, 0.5, 0.9)(assumeNotNull(value), isFinite(value)) AS quantiles,
    maxIf(value, isFinite(value)) AS top,
    sumIf(value, isFinite(value)) AS total,
    countIf(isFinite(value)) AS count
  FROM
  (
    SELECT
      timeSeriesLastToGrid(
        fromUnixTimestamp64Milli({from:Int64}), fromUnixTimestamp64Milli({to:Int64}),
        toDecimal64({step:Int64} / 1000, 3), toDecimal64({window:Int64} / 1000, 3))(ts, if(e = 127, reinterpretAsFloat64(m), m / intExp10(e))) AS grid
    FROM samples
    WHERE metric = {metric:UInt32}
      AND ts > fromUnixTimestamp64Milli({since:Int64})
      AND ts <= fromUnixTimestamp64Milli({to:Int64})
    GROUP BY series
  )
  ARRAY JOIN grid AS value, arrayEnumerate(grid) AS position
  GROUP BY position
)
ORDER BY ts
SETTINGS allow_experimental_time_series_aggregate_functions = 1
