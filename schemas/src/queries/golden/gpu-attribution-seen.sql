-- gpuAttributionSeen
-- metrics = ["DCGM_FI_DEV_SM_CLOCK","DCGM_FI_PROF_GR_ENGINE_ACTIVE","nvidia_smi_utilization_gpu_ratio","gpu_gfx_activity"]
-- ids = [2906081604,2232008936,460477708,199405163]
-- from = 1799999940000
-- to = 1800000000000
-- limit = 1000
SELECT labels, firstAt, lastAt
FROM
(
  SELECT
    series AS id,
    toFloat64(toUnixTimestamp64Milli(min(ts))) AS firstAt,
    toFloat64(toUnixTimestamp64Milli(max(ts))) AS lastAt
  FROM samples
  WHERE samples.metric IN {ids:Array(UInt32)}
    AND ts > fromUnixTimestamp64Milli({from:Int64})
    AND ts <= fromUnixTimestamp64Milli({to:Int64})
    AND NOT (e = 127 AND m = 9218868437227405314)
  GROUP BY series
) AS seen
INNER JOIN
(
  SELECT series AS id, any(series.labels) AS labels
  FROM series
  WHERE metric IN {metrics:Array(String)}
  GROUP BY series
) AS told USING (id)
ORDER BY firstAt, id
LIMIT {limit:UInt32}
