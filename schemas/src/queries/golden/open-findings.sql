-- openFindings
-- since = 1799913600000
-- limit = 1000
SELECT
  id,
  job,
  findings.model AS model,
  toFloat64(toUnixTimestamp64Milli(findings.opened)) AS opened,
  waste_gpu_seconds AS wasteGpuSeconds,
  detail,
  toFloat64(toUnixTimestamp64Milli(findings.updated)) AS updated
FROM findings FINAL
WHERE findings.closed IS NULL
  AND findings.model = ''
  AND findings.opened >= fromUnixTimestamp64Milli({since:Int64})
ORDER BY findings.updated DESC
LIMIT {limit:UInt32}
