import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  kind: z.string(),
  feature: z.string(),
  version: z.string(),
  baseline: z.string(),
  /** Points of the grid that hold a judged window, ascending, and of each the window that was farthest from its baseline. */
  places: z.array(z.number()),
  distances: z.array(z.number().nullable()),
  thresholds: z.array(z.number().nullable()),
  drifts: z.array(z.number()),
  sinceAt: z.number(),
  verdict: z.string(),
  reason: z.string(),
  method: z.string(),
  distance: z.number().nullable(),
  threshold: z.number().nullable(),
  expected: z.number().nullable(),
  missingRate: z.number().nullable(),
  n: z.number(),
});

export type ModelWindowsRow = z.infer<typeof row>;

export type ModelWindowsOptions = {
  readonly model: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  /** What was not judged from then on has no place in the answer. Unix ms. */
  readonly newestMs: number;
  readonly limit: number;
};

/**
 * A model's judged windows that began in [fromMs, toMs), a row for each feature, version and baseline; those farthest from
 * their baseline against the threshold first. What is not in an array is of the newest window. Single replicas are left out.
 */
export function modelPageWindows(options: ModelWindowsOptions): Query<ModelWindowsRow> {
  const { model, fromMs, toMs, stepMs, newestMs, limit } = options;
  return {
    name: "modelPageWindows",
    sql: `SELECT
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
LIMIT {limit:UInt32}`,
    params: { model, from: fromMs, to: toMs, step: stepMs, newest: newestMs, limit },
    row,
  };
}
