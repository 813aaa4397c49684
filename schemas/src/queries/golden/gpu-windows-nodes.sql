-- gpuWindowNodes
-- metrics = ["node_infiniband_symbol_error_total","node_infiniband_link_downed_total","node_infiniband_port_errors_received_total","node_network_receive_errs_total","node_network_carrier_down_changes_total","node_cpu_seconds_total"]
-- ids = [200855823,3730060864,41092117,2020234450,1770140991,4171618663]
-- of = ["node-01"]
-- from = 1799999940000
-- to = 1800000000000
WITH chosen AS
(
  SELECT series AS id, metric, any(subject) AS of, any(mode) AS mode
  FROM
  (
    SELECT series, metric, labels['mode'] AS mode, if(match(lower(coalesce(nullIf(labels['Hostname'], ''), nullIf(labels['hostname'], ''), nullIf(labels['node'], ''), nullIf(labels['nodename'], ''), nullIf(labels['kubernetes_node'], ''), nullIf(labels['instance'], ''), '')), '^[0-9.]+(:[0-9]+)?$'), replaceRegexpOne(coalesce(nullIf(labels['Hostname'], ''), nullIf(labels['hostname'], ''), nullIf(labels['node'], ''), nullIf(labels['nodename'], ''), nullIf(labels['kubernetes_node'], ''), nullIf(labels['instance'], ''), ''), ':[0-9]+$', ''), replaceRegexpOne(lower(coalesce(nullIf(labels['Hostname'], ''), nullIf(labels['hostname'], ''), nullIf(labels['node'], ''), nullIf(labels['nodename'], ''), nullIf(labels['kubernetes_node'], ''), nullIf(labels['instance'], ''), '')), '[.:].*$', '')) AS subject
    FROM series
    WHERE metric IN {metrics:Array(String)} AND subject IN {of:Array(String)} AND labels['device'] NOT IN ('lo', 'docker0')
  )
  GROUP BY series, metric
)
SELECT metric, of, mode, samples, median, mean, last, increase, spanMs, [] AS masks
FROM
(
  SELECT
    id,
    toFloat64(count()) AS samples,
    quantileExact(0.5)(value) AS median,
    avg(value) AS mean,
    argMax(value, at) AS last,
    arrayMap(pair -> pair.2, arraySort(groupArray(5000)((at, value)))) AS inOrder,
    arraySum(arrayMap((now, before) -> if(now < before, now, now - before), arraySlice(inOrder, 2), arrayPopBack(inOrder))) AS increase,
    toFloat64(toUnixTimestamp64Milli(max(at)) - toUnixTimestamp64Milli(min(at))) AS spanMs
  FROM
  (
    SELECT series AS id, ts AS at, if(e = 127, reinterpretAsFloat64(m), m / intExp10(e)) AS value
    FROM samples
    WHERE samples.metric IN {ids:Array(UInt32)}
      AND samples.series IN (SELECT id FROM chosen)
      AND ts >= fromUnixTimestamp64Milli({from:Int64})
      AND ts <= fromUnixTimestamp64Milli({to:Int64})
      AND NOT (e = 127 AND m = 9218868437227405314)
  )
  WHERE isFinite(value) AND NOT ((value >= 2147483632 AND value <= 2147483647) OR value >= 9223372036854775000)
  GROUP BY id
) AS seen
INNER JOIN chosen USING (id)
ORDER BY metric, of, id
