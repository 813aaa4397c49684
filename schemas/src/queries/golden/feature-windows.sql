-- featureWindows
-- model = "chat-7b"
-- kind = "input"
-- feature = "prompt_tokens"
-- from = 1799996400000
-- to = 1800000000000
-- limit = 2000
SELECT *
FROM
(
  SELECT
    version,
    baseline,
    toFloat64(toUnixTimestamp64Milli(drift_windows.since)) AS sinceAt,
    toFloat64(toUnixTimestamp64Milli(drift_windows.until)) AS untilAt,
    verdict,
    reason,
    n_baseline AS nBaseline,
    n_current AS nCurrent,
    drift_windows.cells AS cells,
    p,
    q,
    method,
    distance,
    threshold,
    expected,
    distances,
    missing_rate AS missingRate,
    new_share AS newShare,
    lost_share AS lostShare,
    outside
  FROM drift_windows FINAL
  WHERE model = {model:String}
    AND kind = {kind:String}
    AND feature = {feature:String}
    AND segment = ''
    AND drift_windows.since >= fromUnixTimestamp64Milli({from:Int64})
    AND drift_windows.since < fromUnixTimestamp64Milli({to:Int64})
  ORDER BY sinceAt DESC
  LIMIT {limit:UInt32}
)
ORDER BY sinceAt, version, baseline
