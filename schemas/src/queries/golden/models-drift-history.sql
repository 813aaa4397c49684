-- modelsDriftHistory
-- models = ["chat-7b","ranker"]
-- froms = [1799996400000,1799992800000]
-- from = 1799992800000
-- steps = [300000,3600000]
-- points = 60
SELECT model, groupArray(toFloat64(place)) AS places, groupArray(ratio) AS worst
FROM
(
  SELECT
    model,
    intDiv(
      toUnixTimestamp64Milli(since) - transform(toString(model), {models:Array(String)}, {froms:Array(Int64)}, {from:Int64}),
      transform(toString(model), {models:Array(String)}, {steps:Array(Int64)}, toInt64(1))
    ) AS place,
    assumeNotNull(max(distance / threshold)) AS ratio
  FROM drift_windows
  PREWHERE since >= fromUnixTimestamp64Milli({from:Int64})
  WHERE model IN {models:Array(String)}
    AND since >= fromUnixTimestamp64Milli(transform(toString(model), {models:Array(String)}, {froms:Array(Int64)}, {from:Int64}))
    AND segment = '' AND distance IS NOT NULL AND threshold > 0
  GROUP BY model, place
  HAVING place < {points:Int64}
  ORDER BY model, place
)
GROUP BY model
