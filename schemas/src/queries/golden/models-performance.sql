-- modelsPerformance
-- models = ["chat-7b","ranker"]
-- froms = [1799996400000,1799992800000]
-- from = 1799992800000
-- to = 1800000000000
SELECT
  model,
  way,
  toFloat64(toUnixTimestamp64Milli(newest.1)) AS untilAt,
  newest.2 AS n,
  newest.3 AS auc,
  newest.4 AS accuracy,
  newest.5 AS f1
FROM
(
  SELECT model, way, argMax(tuple(until, n, auc, accuracy, f1), tuple(since, n, judged)) AS newest
  FROM model_performance
  PREWHERE since >= fromUnixTimestamp64Milli({from:Int64})
    AND since < fromUnixTimestamp64Milli({to:Int64})
  WHERE model IN {models:Array(String)}
    AND since >= fromUnixTimestamp64Milli(transform(toString(model), {models:Array(String)}, {froms:Array(Int64)}, {from:Int64}))
  GROUP BY model, way
)
ORDER BY model, way
