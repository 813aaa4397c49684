-- driftRecent
-- of = ["ranker"]
-- ats = [1800000000000]
-- first = 1799996400000
-- before = 3
SELECT *
FROM
(
  SELECT
    model,
    version,
    kind,
    feature,
    baseline,
    segment,
    toFloat64(toUnixTimestamp64Milli(drift_windows.since)) AS sinceAt,
    toFloat64(toUnixTimestamp64Milli(drift_windows.until)) AS untilAt,
    verdict
  FROM drift_windows FINAL
  WHERE drift_windows.model IN {of:Array(String)}
    AND drift_windows.since >= fromUnixTimestamp64Milli({first:Int64})
    AND toUnixTimestamp64Milli(drift_windows.since)
      < transform(toString(drift_windows.model), {of:Array(String)}, {ats:Array(Int64)}, toInt64(0))
  ORDER BY sinceAt DESC
  LIMIT {before:UInt32} BY model, version, kind, feature, baseline, segment
)
ORDER BY sinceAt
