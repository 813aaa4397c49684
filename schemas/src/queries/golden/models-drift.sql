-- modelsDrift
-- models = ["chat-7b","ranker"]
-- froms = [1799996400000,1799992800000]
-- from = 1799992800000
-- to = 1800000000000
SELECT
  model,
  toFloat64(count()) AS features,
  toFloat64(countIf(has(verdicts, 'drift'))) AS drifting,
  toFloat64(countIf(has(verdicts, 'data_quality'))) AS quality,
  toFloat64(countIf(NOT hasAny(verdicts, ['drift', 'data_quality', 'no_drift']))) AS unsure,
  argMax(kind, farthest.1) AS worstKind,
  argMax(feature, farthest.1) AS worstFeature,
  argMax(farthest.2, farthest.1) AS method,
  nullIf(argMax(farthest.3, farthest.1), -1) AS distance,
  nullIf(argMax(farthest.4, farthest.1), -1) AS threshold,
  nullIf(max(missing), -1) AS missingRate,
  argMax(feature, missing) AS missingFeature
FROM
(
  SELECT
    model,
    kind,
    feature,
    groupUniqArray(now.1) AS verdicts,
    max(tuple(ifNull(now.3 / now.4, -1), now.2, ifNull(now.3, -1), ifNull(now.4, -1))) AS farthest,
    max(ifNull(now.5, -1)) AS missing
  FROM
  (
    SELECT
      model,
      version,
      kind,
      feature,
      argMax(tuple(toString(verdict), toString(method), distance, threshold, missing_rate), tuple(since, judged)) AS now
    FROM drift_windows
    PREWHERE since >= fromUnixTimestamp64Milli({from:Int64})
      AND since < fromUnixTimestamp64Milli({to:Int64})
    WHERE model IN {models:Array(String)}
    AND since >= fromUnixTimestamp64Milli(transform(toString(model), {models:Array(String)}, {froms:Array(Int64)}, {from:Int64}))
      AND segment = ''
    GROUP BY model, version, kind, feature, baseline
  )
  GROUP BY model, kind, feature
)
GROUP BY model
