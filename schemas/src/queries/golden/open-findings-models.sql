-- openFindings
-- since = 1799996400000
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
  AND findings.model != ''
  AND findings.updated >= fromUnixTimestamp64Milli({since:Int64})
ORDER BY findings.updated DESC
LIMIT {limit:UInt32}
