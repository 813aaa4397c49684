-- clusterGpuSeries
-- metrics = ["DCGM_FI_DEV_GPU_TEMP"]
-- at = 1800000000000
-- since = 1799910000000
SELECT
  metric,
  toString(id) AS series,
  kind AS type,
  coalesce(nullIf(labels['UUID'], ''), nullIf(labels['uuid'], ''), nullIf(labels['gpu_uuid'], ''), nullIf(labels['GPU_UUID'], ''), '') AS uuid,
  labels['GPU_I_ID'] AS instanceId,
  labels['GPU_I_PROFILE'] AS instanceProfile,
  coalesce(nullIf(labels['Hostname'], ''), nullIf(labels['hostname'], ''), nullIf(labels['instance'], ''), '') AS node,
  labels['gpu'] AS gpu,
  coalesce(nullIf(labels['modelName'], ''), nullIf(labels['model_name'], ''), '') AS model,
  labels['DCGM_FI_DRIVER_VERSION'] AS driver,
  labels['pci_bus_id'] AS pciBus,
  coalesce(nullIf(labels['namespace'], ''), nullIf(labels['pod_namespace'], ''), '') AS namespace,
  coalesce(nullIf(labels['pod'], ''), nullIf(labels['pod_name'], ''), '') AS pod,
  coalesce(nullIf(labels['container'], ''), nullIf(labels['container_name'], ''), '') AS container,
  labels['exported_namespace'] AS exportedNamespace,
  labels['exported_pod'] AS exportedPod,
  labels['exported_container'] AS exportedContainer,
  labels['job'] AS job,
  labels['instance'] AS instance,
  firstSeen,
  lastSeen
FROM
(
  SELECT
    metric,
    series AS id,
    any(series.type) AS kind,
    any(series.labels) AS labels,
    toFloat64(toUnixTimestamp64Milli(min(first_seen))) AS firstSeen,
    toFloat64(toUnixTimestamp64Milli(max(last_seen))) AS lastSeen
  FROM series
  WHERE metric IN {metrics:Array(String)}
  GROUP BY metric, series
)
WHERE uuid != '' AND firstSeen <= {at:Float64} AND lastSeen >= {since:Float64}
