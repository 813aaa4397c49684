-- modelPageTraffic
-- model = "chat-7b"
-- from = 1799996400000
-- to = 1800000000000
-- step = 300000
-- newest = 1799999100000
-- limit = 200
SELECT version, replica, groupArray(toFloat64(place)) AS places, groupArray(toFloat64(given)) AS rows
FROM
(
  SELECT
    version,
    replica,
    intDiv(toUnixTimestamp64Milli(since) - {from:Int64}, {step:Int64}) AS place,
    sum(count + missing) AS given
  FROM histograms FINAL
  WHERE model = {model:String}
    AND since >= fromUnixTimestamp64Milli({from:Int64})
    AND since < fromUnixTimestamp64Milli({to:Int64})
    AND (kind, feature) IN
    (
      SELECT kind, feature
      FROM histograms
      WHERE model = {model:String}
        AND since >= fromUnixTimestamp64Milli({newest:Int64})
        AND since < fromUnixTimestamp64Milli({to:Int64})
      GROUP BY kind, feature
      ORDER BY kind = 'input' DESC, sum(count + missing) DESC, kind, feature
      LIMIT 1
    )
  GROUP BY version, replica, place
  ORDER BY place
)
GROUP BY version, replica
ORDER BY sum(given) DESC, version, replica
LIMIT {limit:UInt32}
