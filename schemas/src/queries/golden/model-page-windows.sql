-- modelPageWindows
-- model = "chat-7b"
-- from = 1799996400000
-- to = 1800000000000
-- step = 300000
-- newest = 1799999100000
-- limit = 1000
SELECT
  kind,
  feature,
  version,
  baseline,
  places,
  arrayMap(each -> each.1, farthest) AS distances,
  arrayMap(each -> each.2, farthest) AS thresholds,
  arrayMap(each -> toFloat64(each.3), farthest) AS drifts,
  toFloat64(toUnixTimestamp64Milli(newest.since)) AS sinceAt,
  verdict,
  reason,
  method,
  distance,
  threshold,
  expected,
  missing_rate AS missingRate,
  n_current AS n
FROM
(
  SELECT *
  FROM drift_windows
  WHERE model = {model:String}
    AND segment = ''
    AND since >= fromUnixTimestamp64Milli({newest:Int64})
    AND since < fromUnixTimestamp64Milli({to:Int64})
  ORDER BY since DESC, judged DESC
  LIMIT 1 BY kind, feature, version, baseline
) AS newest
INNER JOIN
(
  SELECT kind, feature, version, baseline, groupArray(toFloat64(place)) AS places, groupArray(far) AS farthest
  FROM
  (
    SELECT
      kind,
      feature,
      version,
      baseline,
      intDiv(toUnixTimestamp64Milli(since) - {from:Int64}, {step:Int64}) AS place,
      argMax(
        tuple(round(distance, 5), round(threshold, 5), verdict = 'drift'),
        tuple(ifNull(distance / threshold, -1), judged)
      ) AS far
    FROM drift_windows
    WHERE model = {model:String}
      AND segment = ''
      AND since >= fromUnixTimestamp64Milli({from:Int64})
      AND since < fromUnixTimestamp64Milli({to:Int64})
    GROUP BY kind, feature, version, baseline, place
    ORDER BY place
  )
  GROUP BY kind, feature, version, baseline
) AS history USING (kind, feature, version, baseline)
ORDER BY ifNull(distance / threshold, -1) DESC, kind, feature, version, baseline
LIMIT {limit:UInt32}
