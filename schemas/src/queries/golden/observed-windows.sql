-- observedWindows
-- models = ["chat"]
-- from = 1799996400000
SELECT
  if(has({models:Array(String)}, histograms.model), histograms.model, '') AS model,
  toFloat64(toUnixTimestamp64Milli(histograms.until) - toUnixTimestamp64Milli(histograms.since)) AS windowMs,
  arraySort(groupUniqArray(toFloat64(toUnixTimestamp64Milli(histograms.until)))) AS ends
FROM histograms
WHERE source = 'prometheus'
  AND histograms.since >= fromUnixTimestamp64Milli({from:Int64})
GROUP BY model, windowMs
ORDER BY model, windowMs
