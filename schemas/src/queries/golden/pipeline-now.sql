-- pipelineNow
-- job = "lockstep"
-- metrics = ["lockstep_spool_bytes"]
-- ids = [602636356]
-- since = 1799999700000
-- at = 1800000000000
SELECT
  name AS metric,
  labelSet AS labels,
  if(ended OR NOT isFinite(newest), NULL, newest) AS value,
  if(empty(points), NULL, points[1].2) AS first,
  if(empty(points), NULL, arrayMax(point -> point.2, points)) AS peak,
  if(length(points) < 2, NULL, arraySum(arrayMap(
    (now, before) -> if(now.2 >= before.2, now.2 - before.2, now.2), arrayPopFront(points), arrayPopBack(points)))) AS rise,
  if(empty(points), 0., (points[-1].1 - points[1].1) / 1000) AS seconds,
  toUInt8(firstSeen > {since:Int64}) AS born,
  newestTs AS ts
FROM
(
  SELECT
    series AS id,
    arraySort(groupArrayIf((toUnixTimestamp64Milli(samples.ts), if(e = 127, reinterpretAsFloat64(m), m / intExp10(e))), isFinite(if(e = 127, reinterpretAsFloat64(m), m / intExp10(e))))) AS points,
    argMax((if(e = 127, reinterpretAsFloat64(m), m / intExp10(e)), (e = 127 AND m = 9218868437227405314)), samples.ts) AS last,
    last.1 AS newest,
    last.2 AS ended,
    toFloat64(toUnixTimestamp64Milli(max(samples.ts))) AS newestTs
  FROM samples
  WHERE metric IN {ids:Array(UInt32)}
    AND samples.ts > fromUnixTimestamp64Milli({since:Int64})
    AND samples.ts <= fromUnixTimestamp64Milli({at:Int64})
    AND series IN (SELECT series FROM series WHERE metric IN {metrics:Array(String)} AND labels['job'] = {job:String})
  GROUP BY series
) AS sampled
INNER JOIN
(
  SELECT
    series AS id,
    toString(any(series.metric)) AS name,
    any(series.labels) AS labelSet,
    toUnixTimestamp64Milli(min(first_seen)) AS firstSeen
  FROM series
  WHERE metric IN {metrics:Array(String)} AND labels['job'] = {job:String}
  GROUP BY series
) AS known USING (id)
ORDER BY indexOf({metrics:Array(String)}, name), id
LIMIT 20000
