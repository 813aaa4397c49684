-- nodeUsual
-- metrics = ["node_infiniband_symbol_error_total","node_infiniband_link_downed_total","node_infiniband_port_errors_received_total","node_network_receive_errs_total","node_network_carrier_down_changes_total"]
-- ids = [200855823,3730060864,41092117,2020234450,1770140991]
-- of = ["node-01"]
-- from = 1799913600
-- to = 1800000000
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
SELECT metric, of, windows, perMinute, median
FROM
(
  SELECT
    samples_5m.series AS id,
    toFloat64(count()) AS windows,
    quantileExact(0.99)(increase) / 5 AS perMinute,
    quantileExact(0.5)(sum / samples_5m.count) AS median
  FROM samples_5m FINAL
  WHERE samples_5m.metric IN {ids:Array(UInt32)}
    AND samples_5m.series IN (SELECT id FROM chosen)
    AND window >= toDateTime({from:UInt32}, 'UTC')
    AND window < toDateTime({to:UInt32}, 'UTC')
  GROUP BY id
) AS seen
INNER JOIN chosen USING (id)
ORDER BY metric, of, id
