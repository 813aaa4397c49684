-- gpuUsual
-- metrics = ["DCGM_FI_DEV_SM_CLOCK","DCGM_FI_DEV_PCIE_REPLAY_COUNTER","DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL","DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL","DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL","DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL"]
-- ids = [2906081604,2196756723,3809625950,364399749,1421511293,4126443757]
-- of = ["GPU-58e8f5ea-0000-0000-0000-000000000001"]
-- from = 1799913600
-- to = 1800000000
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
