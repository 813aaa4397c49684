-- baselineHolds
-- model = "car_loan"
-- version = ""
-- from = 0
-- to = 1
SELECT
  toFloat64(uniqExactArray(spans)) AS windows,
  toFloat64(count()) AS features,
  toFloat64(max(n)) AS rows
FROM
(
  SELECT kind, feature, groupUniqArray((histograms.since, histograms.until)) AS spans, sum(count) + sum(missing) AS n
  FROM histograms FINAL
  WHERE model = {model:String}
    AND histograms.since >= fromUnixTimestamp64Milli({from:Int64})
    AND histograms.until <= fromUnixTimestamp64Milli({to:Int64})
    AND ({version:String} = '' OR version = {version:String})
  GROUP BY kind, feature
)
