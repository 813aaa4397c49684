-- rollupGrid_rate
-- metrics = [624895816]
-- series = ["42"]
-- from = 1800000000000
-- to = 1800086400000
-- step = 7200000
-- begin = 1799992800000
-- since = 1799985600
-- until = 1800086400
SELECT
  toString(id) AS series,
  timeSeriesLastToGrid(
    fromUnixTimestamp64Milli({from:Int64}), fromUnixTimestamp64Milli({to:Int64}),
    toDecimal64({step:Int64} / 1000, 3), toDecimal64({step:Int64} / 1000, 3))(at, value) AS values
FROM
(
  SELECT id, fromUnixTimestamp64Milli({from:Int64} + position * {step:Int64}) AS at, value
  FROM
  (
  SELECT id, position, sum(rise) / ({step:Int64} / 1000) AS value
  FROM
  (
    SELECT id, position, increase + if(NOT isNull(before) AND at - seen <= {step:Int64} / 1000, if(first < before, first, first - before), 0) AS rise
    FROM
    (
      SELECT id, position, at, increase, first,
        lagInFrame(toNullable(last)) OVER earlier AS before, lagInFrame(at) OVER earlier AS seen
      FROM
      (
    SELECT samples.series AS id, intDiv(toInt64(toUnixTimestamp(window)) * 1000 - {begin:Int64}, {step:Int64}) AS position, toUnixTimestamp(window) AS at, increase, first, last
    FROM samples_5m AS samples FINAL
    WHERE (metric, samples.series) IN
      (SELECT pair.1, toUInt64(pair.2) FROM (SELECT arrayJoin(arrayZip({metrics:Array(UInt32)}, {series:Array(String)})) AS pair))
      AND window >= toDateTime({since:Int64}, 'UTC')
      AND window < toDateTime({until:Int64}, 'UTC')
      )
      WINDOW earlier AS (PARTITION BY id ORDER BY at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
    WHERE position >= 0
  )
  GROUP BY id, position
  )
)
GROUP BY id
SETTINGS allow_experimental_time_series_aggregate_functions = 1
