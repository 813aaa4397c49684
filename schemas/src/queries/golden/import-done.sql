-- importDone
-- model = "car_loan"
-- content = "1f/"
SELECT
  arrayElement(splitByChar('/', histograms.origin), 2) AS origin,
  kind,
  feature,
  toFloat64(uniqExact(since)) AS windows,
  toFloat64(sum(histograms.count)) AS count
FROM histograms FINAL
WHERE model = {model:String} AND source = 'import' AND startsWith(histograms.origin, {content:String})
GROUP BY origin, kind, feature
ORDER BY origin, kind, feature
LIMIT 100000
