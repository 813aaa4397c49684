-- importKnownCells
-- model = "car_loan"
SELECT kind, feature, arrayMap(edge -> toString(edge), argMin(histograms.bounds, (source != 'import', seen))) AS bounds
FROM histograms
WHERE model = {model:String} AND isNull(scale) AND (notEmpty(histograms.bounds) OR notEmpty(categories))
GROUP BY kind, feature
ORDER BY kind, feature
LIMIT 100000
