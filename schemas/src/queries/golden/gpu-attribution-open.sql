-- gpuAttributionOpen
-- from = 1799999700000
-- limit = 1000
SELECT
  gpu,
  gpu_instance AS gpuInstance,
  node,
  namespace,
  pod,
  container,
  job,
  model,
  replica,
  price_class AS priceClass,
  toFloat64(toUnixTimestamp64Milli(attribution.since)) AS since,
  toFloat64(toUnixTimestamp64Milli(attribution.until)) AS until
FROM attribution FINAL
WHERE attribution.until >= fromUnixTimestamp64Milli({from:Int64})
ORDER BY attribution.until DESC
LIMIT {limit:UInt32}
