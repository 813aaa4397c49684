-- rollup_samples_1h
-- metric0 = 0
-- metric1 = 4294967295
-- series0 = "0"
-- series1 = "18446744073709551615"
-- since = 1800000000
-- until = 1800003600
INSERT INTO samples_1h (metric, series, window, count, e, min_m, max_m, sum_m, first_m, last_m, increase_m)
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
      metric, series, w, n, ex, lo, hi, total, heads[1] AS head, tails[-1] AS tail,
      inside + arraySum((before, now) -> if(now < before, now, now - before), arrayPopBack(tails), arrayPopFront(heads)) AS rise
    FROM
    (
      SELECT metric, series, toStartOfHour(window) AS w, sum(count) AS n, max(e) AS ex, min(min) AS lo, max(max) AS hi,
        sum(sum) AS total, groupArray(first) AS heads, groupArray(last) AS tails, sum(increase) AS inside
      FROM
      (
        SELECT metric, series, window, count, e, min, max, sum, first, last, increase
        FROM samples_5m FINAL
        WHERE metric BETWEEN {metric0:UInt32} AND {metric1:UInt32}
          AND series BETWEEN {series0:UInt64} AND {series1:UInt64}
          AND window >= toDateTime({since:Int64}, 'UTC') AND window < toDateTime({until:Int64}, 'UTC')
        ORDER BY metric, series, window
      )
      GROUP BY metric, series, w
    )
  )
)
SETTINGS max_threads = 1, max_insert_threads = 1, max_memory_usage = 300000000,
  optimize_read_in_order = 1, query_plan_remove_redundant_sorting = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 33554432,
  insert_deduplicate = 0
