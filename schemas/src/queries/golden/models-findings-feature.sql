-- modelsFindings
-- from = 1799996400000
-- to = 1800000000000
-- limit = 50
-- model = "chat-7b"
-- feature = "prompt_tokens"
SELECT
  id,
  kind,
  model,
  version,
  feature,
  toFloat64(toUnixTimestamp64Milli(findings.opened)) AS opened,
  toFloat64(toUnixTimestamp64Milli(findings.closed)) AS closed,
  confidence,
  summary,
  detail
FROM findings FINAL
WHERE findings.model != ''
  AND findings.opened < fromUnixTimestamp64Milli({to:Int64})
  AND (findings.closed IS NULL OR findings.closed >= fromUnixTimestamp64Milli({from:Int64}))
  AND findings.model = {model:String}
  AND findings.feature = {feature:String}
ORDER BY findings.closed IS NULL DESC, findings.opened DESC
LIMIT {limit:UInt32}
