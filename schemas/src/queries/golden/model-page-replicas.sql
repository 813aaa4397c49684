-- modelPageReplicas
-- model = "chat-7b"
-- from = 1799996400000
-- to = 1800000000000
-- step = 300000
-- newest = 1799999100000
-- limit = 200
SELECT
  segment AS replica,
  features,
  differing,
  far.2 AS kind,
  far.3 AS feature,
  far.4 AS verdict,
  far.5 AS method,
  nullIf(far.6, -1) AS distance,
  nullIf(far.7, -1) AS threshold,
  places,
  worst
FROM
(
  SELECT
    segment,
    toFloat64(count()) AS features,
    toFloat64(countIf(verdict = 'drift')) AS differing,
    max(tuple(
      toFloat64(verdict = 'drift') * 1e9 + ifNull(distance / threshold, -1), toString(kind), toString(feature),
      toString(verdict), toString(method), ifNull(distance, -1), ifNull(threshold, -1)
    )) AS far
  FROM
  (
    SELECT *
    FROM drift_windows
    WHERE model = {model:String}
      AND baseline = 'replicas'
      AND segment != ''
      AND since >= fromUnixTimestamp64Milli({newest:Int64})
      AND since < fromUnixTimestamp64Milli({to:Int64})
    ORDER BY since DESC, judged DESC
    LIMIT 1 BY kind, feature, segment
  )
  GROUP BY segment
) AS newest
INNER JOIN
(
  SELECT segment, groupArray(toFloat64(place)) AS places, groupArray(round(ratio, 4)) AS worst
  FROM
  (
    SELECT
      segment,
      intDiv(toUnixTimestamp64Milli(since) - {from:Int64}, {step:Int64}) AS place,
      assumeNotNull(max(distance / threshold)) AS ratio
    FROM drift_windows
    WHERE model = {model:String}
      AND baseline = 'replicas'
      AND segment != ''
      AND since >= fromUnixTimestamp64Milli({from:Int64})
      AND since < fromUnixTimestamp64Milli({to:Int64})
      AND distance IS NOT NULL
    GROUP BY segment, place
    ORDER BY place
  )
  GROUP BY segment
) AS history USING (segment)
ORDER BY differing DESC, far.1 DESC, replica
LIMIT {limit:UInt32}
