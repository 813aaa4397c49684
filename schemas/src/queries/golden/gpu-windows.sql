-- gpuWindows
-- metrics = ["DCGM_FI_DEV_SM_CLOCK","DCGM_FI_DEV_POWER_USAGE","DCGM_FI_DEV_GPU_TEMP","DCGM_FI_PROF_GR_ENGINE_ACTIVE","DCGM_FI_PROF_SM_ACTIVE","DCGM_FI_PROF_PIPE_TENSOR_ACTIVE","DCGM_FI_PROF_DRAM_ACTIVE","DCGM_FI_DEV_CLOCKS_EVENT_REASONS","DCGM_FI_DEV_CLOCK_THROTTLE_REASONS","DCGM_FI_DEV_THERMAL_VIOLATION","DCGM_FI_DEV_POWER_VIOLATION","DCGM_FI_DEV_RELIABILITY_VIOLATION","DCGM_FI_DEV_BOARD_LIMIT_VIOLATION","DCGM_FI_DEV_ECC_SBE_VOL_TOTAL","DCGM_FI_DEV_ECC_DBE_VOL_TOTAL","DCGM_FI_DEV_ROW_REMAP_PENDING","DCGM_FI_DEV_ROW_REMAP_FAILURE","DCGM_FI_DEV_PCIE_REPLAY_COUNTER","DCGM_FI_DEV_PCIE_LINK_GEN","DCGM_FI_DEV_PCIE_LINK_WIDTH","DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL","DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL","DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL","DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL"]
-- ids = [2906081604,3364163158,624895816,2232008936,918016870,1309131912,943769906,4232481935,1861071612,449540908,691505814,338776771,1709628831,3038944078,1778232107,488709889,1400885268,2196756723,1764248622,2399789056,3809625950,364399749,1421511293,4126443757]
-- of = ["GPU-58e8f5ea-0000-0000-0000-000000000001"]
-- from = 1799999940000
-- to = 1800000000000
WITH chosen AS
(
  SELECT series AS id, metric, any(subject) AS of, any(mode) AS mode
  FROM
  (
    SELECT series, metric, labels['mode'] AS mode, concat('GPU-', lower(replaceOne(coalesce(nullIf(labels['UUID'], ''), nullIf(labels['uuid'], ''), nullIf(labels['gpu_uuid'], ''), nullIf(labels['GPU_UUID'], ''), ''), 'GPU-', ''))) AS subject
    FROM series
    WHERE metric IN {metrics:Array(String)} AND subject IN {of:Array(String)} AND labels['GPU_I_ID'] = ''
  )
  GROUP BY series, metric
)
SELECT metric, of, mode, samples, median, mean, last, increase, spanMs, if(metric LIKE '%_REASONS', inOrder, []) AS masks
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
