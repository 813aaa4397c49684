-- rollup_samples_5m
-- metric0 = 0
-- metric1 = 4294967295
-- series0 = "0"
-- series1 = "18446744073709551615"
-- since = 1800000000
-- until = 1800003600
INSERT INTO samples_5m (metric, series, window, count, e, min_m, max_m, sum_m, first_m, last_m, increase_m)
SELECT
  metric, series, w, n, scale,
  if(scale = 127, reinterpretAsInt64(lo), toInt64(round(lo * power))),
  if(scale = 127, reinterpretAsInt64(hi), toInt64(round(hi * power))),
  if(scale = 127, reinterpretAsInt64(total), toInt64(round(total * power))),
  if(scale = 127, reinterpretAsInt64(head), toInt64(round(head * power))),
  if(scale = 127, reinterpretAsInt64(tail), toInt64(round(tail * power))),
  if(scale = 127, reinterpretAsInt64(rise), toInt64(round(rise * power)))
FROM
(
  SELECT
    *,
    intExp10(ex) AS power,
    if(ex <> 127 AND greatest(abs(lo), abs(hi), abs(total), abs(rise)) * power < 2e15, ex, 127) AS scale
  FROM
  (
    SELECT
      metric, series, w, length(vs) AS n, ex,
      arrayMin(vs) AS lo, arrayMax(vs) AS hi, arraySum(vs) AS total, vs[1] AS head, vs[-1] AS tail,
      arraySum((before, now) -> if(now < before, now, now - before), arrayPopBack(vs), arrayPopFront(vs)) AS rise
    FROM
    (
      SELECT metric, series, toDateTime(intDiv(toUnixTimestamp64Milli(ts), 300000) * 300, 'UTC') AS w,
        max(e) AS ex, groupArray(v) AS vs
      FROM
      (
        SELECT metric, series, ts, e, if(e = 127, reinterpretAsFloat64(m), m / intExp10(e)) AS v
        FROM samples
        WHERE metric BETWEEN {metric0:UInt32} AND {metric1:UInt32}
          AND series BETWEEN {series0:UInt64} AND {series1:UInt64}
          AND ts >= fromUnixTimestamp64Milli({since:Int64} * 1000) AND ts < fromUnixTimestamp64Milli({until:Int64} * 1000)
          AND NOT (e = 127 AND isNaN(reinterpretAsFloat64(m)))
        ORDER BY metric, series, ts, v
      )
      GROUP BY metric, series, w
    )
  )
)
SETTINGS max_threads = 1, max_insert_threads = 1, max_memory_usage = 300000000,
  optimize_read_in_order = 1, query_plan_remove_redundant_sorting = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 33554432,
  insert_deduplicate = 0
