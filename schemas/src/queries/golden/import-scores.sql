-- importScores
-- model = "car_loan"
SELECT feature, arrayMap(edge -> toString(edge), argMin(histograms.bounds, (source != 'import', seen))) AS bounds
FROM histograms
WHERE model = {model:String} AND kind = 'score' AND notEmpty(histograms.bounds)
GROUP BY feature
ORDER BY feature
LIMIT 100
