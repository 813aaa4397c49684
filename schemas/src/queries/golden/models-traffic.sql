-- modelsTraffic
-- models = ["chat-7b","ranker"]
-- froms = [1799996400000,1799992800000]
-- from = 1799992800000
-- to = 1800000000000
SELECT
  model,
  1000 * sum(rowsOf) / (toUnixTimestamp64Milli(max(ended)) - toUnixTimestamp64Milli(min(began))) AS rowsPerSecond
FROM
(
  SELECT model, since AS began, until AS ended, count + missing AS rowsOf
  FROM histograms
  PREWHERE since >= fromUnixTimestamp64Milli({from:Int64})
    AND since < fromUnixTimestamp64Milli({to:Int64})
  WHERE model IN {models:Array(String)}
    AND since >= fromUnixTimestamp64Milli(transform(toString(model), {models:Array(String)}, {froms:Array(Int64)}, {from:Int64}))
    AND (model, kind, feature) IN
  (
    SELECT model, kind, feature
    FROM histograms
    PREWHERE since >= fromUnixTimestamp64Milli({from:Int64})
      AND since < fromUnixTimestamp64Milli({to:Int64})
    WHERE model IN {models:Array(String)}
    AND since >= fromUnixTimestamp64Milli(transform(toString(model), {models:Array(String)}, {froms:Array(Int64)}, {from:Int64}))
    GROUP BY model, kind, feature
    ORDER BY kind = 'input' DESC, sum(count + missing) DESC, kind, feature
    LIMIT 1 BY model
  )
  ORDER BY seen DESC
  LIMIT 1 BY model, since, until, version, replica, source, origin
)
WHERE ended > began
GROUP BY model
