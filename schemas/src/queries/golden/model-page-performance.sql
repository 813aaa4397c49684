-- modelPagePerformance
-- model = "chat-7b"
-- from = 1799996400000
-- to = 1800000000000
-- limit = 1000
SELECT *
FROM
(
  SELECT
    version,
    way,
    toFloat64(toUnixTimestamp64Milli(model_performance.since)) AS sinceAt,
    n,
    auc,
    accuracy,
    f1,
    ece
  FROM model_performance FINAL
  WHERE model = {model:String}
    AND model_performance.since >= fromUnixTimestamp64Milli({from:Int64})
    AND model_performance.since < fromUnixTimestamp64Milli({to:Int64})
  ORDER BY sinceAt DESC
  LIMIT {limit:UInt32}
)
ORDER BY sinceAt, version, way
