import { z } from "zod";
import { type ModelSince, modelsSinceParams, OF_MODELS_SINCE, SINCE_EARLIEST } from "./models-since.ts";
import type { Query } from "./query.ts";

const row = z.object({
  model: z.string(),
  features: z.number(),
  drifting: z.number(),
  quality: z.number(),
  unsure: z.number(),
  worstKind: z.string(),
  worstFeature: z.string(),
  method: z.string(),
  distance: z.number().nullable(),
  threshold: z.number().nullable(),
  missingRate: z.number().nullable(),
  missingFeature: z.string(),
});

export type ModelDriftRow = z.infer<typeof row>;

/**
 * How the features of models stood in their newest judged windows before `toMs`: how many there are, how many drift, have bad
 * data or too little of it, which is farthest from its baseline against its threshold, and where most values are missing.
 * Windows of single replicas are left out.
 */
export function modelsDrift({ of, toMs }: { of: readonly ModelSince[]; toMs: number }): Query<ModelDriftRow> {
  return {
    name: "modelsDrift",
    sql: `SELECT
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
    PREWHERE ${SINCE_EARLIEST}
      AND since < fromUnixTimestamp64Milli({to:Int64})
    WHERE ${OF_MODELS_SINCE}
      AND segment = ''
    GROUP BY model, version, kind, feature, baseline
  )
  GROUP BY model, kind, feature
)
GROUP BY model`,
    params: { ...modelsSinceParams(of), to: toMs },
    row,
  };
}
