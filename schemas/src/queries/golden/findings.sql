-- findings
-- from = 1799996400000
-- to = 1800000000000
-- limit = 100
SELECT
  id,
  kind,
  job,
  rank,
  node,
  gpu,
  toFloat64(toUnixTimestamp64Milli(findings.opened)) AS opened,
  toFloat64(toUnixTimestamp64Milli(findings.closed)) AS closed,
  score,
  waste_gpu_seconds AS wasteGpuSeconds,
  confidence,
  cause,
  summary,
  detail,
  toFloat64(toUnixTimestamp64Milli(findings.updated)) AS updated
FROM findings FINAL
WHERE findings.model = ''
  AND findings.opened < fromUnixTimestamp64Milli({to:Int64})
  AND (findings.closed IS NULL OR findings.closed >= fromUnixTimestamp64Milli({from:Int64}))
ORDER BY findings.closed IS NULL DESC, findings.opened DESC
LIMIT {limit:UInt32}
