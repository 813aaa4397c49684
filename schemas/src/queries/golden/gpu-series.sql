-- gpuSeries
-- uuid = "GPU-it's"
SELECT metric, toString(id) AS series, kind AS type, labelSet AS labels, firstSeen, lastSeen
FROM
(
  SELECT
    metric,
    series AS id,
    any(type) AS kind,
    any(labels) AS labelSet,
    toFloat64(toUnixTimestamp64Milli(min(first_seen))) AS firstSeen,
    toFloat64(toUnixTimestamp64Milli(max(last_seen))) AS lastSeen
  FROM series
  WHERE coalesce(nullIf(labels['UUID'], ''), nullIf(labels['uuid'], ''), nullIf(labels['gpu_uuid'], ''), nullIf(labels['GPU_UUID'], ''), '') = {uuid:String}
  GROUP BY metric, series
)
ORDER BY lastSeen DESC, metric, series
LIMIT 2000
