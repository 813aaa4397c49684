-- pipelineGrid
-- job = "lockstep"
-- metric = "lockstep_scrape_to_queryable_seconds_bucket"
-- id = 26487813
-- by = "le"
-- from = 1799996400000
-- to = 1800000000000
-- step = 15000
-- window = 120000
-- since = 1799996280000
SELECT key, sumForEach(points) AS values
FROM
(
  SELECT
    series AS id,
    arrayMap(
    (rate, last) -> if(isFinite(last), rate, NULL),
    timeSeriesRateToGridIf(
    fromUnixTimestamp64Milli({from:Int64}), fromUnixTimestamp64Milli({to:Int64}),
    toDecimal64({step:Int64} / 1000, 3), toDecimal64({window:Int64} / 1000, 3))(ts, if(e = 127, reinterpretAsFloat64(m), m / intExp10(e)), isFinite(if(e = 127, reinterpretAsFloat64(m), m / intExp10(e)))),
    timeSeriesLastToGrid(
    fromUnixTimestamp64Milli({from:Int64}), fromUnixTimestamp64Milli({to:Int64}),
    toDecimal64({step:Int64} / 1000, 3), toDecimal64({window:Int64} / 1000, 3))(ts, if(e = 127, reinterpretAsFloat64(m), m / intExp10(e)))) AS points
  FROM samples
  WHERE metric = {id:UInt32}
    AND ts > fromUnixTimestamp64Milli({since:Int64})
    AND ts <= fromUnixTimestamp64Milli({to:Int64})
    AND series IN (SELECT series FROM series WHERE metric = {metric:String} AND labels['job'] = {job:String})
  GROUP BY series
) AS sampled
INNER JOIN
(
  SELECT series AS id, any(series.labels[{by:String}]) AS key
  FROM series
  WHERE metric = {metric:String} AND labels['job'] = {job:String}
  GROUP BY series
) AS known USING (id)
GROUP BY key
ORDER BY key
LIMIT 1000
SETTINGS allow_experimental_time_series_aggregate_functions = 1
