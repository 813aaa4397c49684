-- jobGpus
-- job = "pretrain"
-- from = 1799996400000
-- to = 1800000000000
SELECT gpu, any(attribution.node) AS node
FROM attribution FINAL
WHERE job = {job:String}
  AND since < fromUnixTimestamp64Milli({to:Int64})
  AND until >= fromUnixTimestamp64Milli({from:Int64})
GROUP BY gpu
ORDER BY node, gpu
LIMIT 100000
