-- baselineModels
SELECT model FROM observed_models GROUP BY model ORDER BY model LIMIT 10000
