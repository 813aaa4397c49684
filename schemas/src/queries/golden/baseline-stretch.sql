-- baselineStretch
-- model = "car_loan"
-- origin = "1f/2e"
SELECT
  toFloat64(uniqExact(histograms.since, histograms.until)) AS windows,
  toFloat64(toUnixTimestamp64Milli(min(histograms.since))) AS fromMs,
  toFloat64(toUnixTimestamp64Milli(max(histograms.until))) AS toMs
FROM histograms
WHERE model = {model:String} AND source = 'import' AND startsWith(histograms.origin, {origin:String})
