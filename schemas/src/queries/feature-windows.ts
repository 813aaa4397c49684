import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  version: z.string(),
  baseline: z.string(),
  sinceAt: z.number(),
  untilAt: z.number(),
  verdict: z.string(),
  reason: z.string(),
  nBaseline: z.number(),
  nCurrent: z.number(),
  cells: z.number(),
  p: z.number().nullable(),
  q: z.number().nullable(),
  method: z.string(),
  distance: z.number().nullable(),
  threshold: z.number().nullable(),
  expected: z.number().nullable(),
  distances: z.record(z.string(), z.number().nullable()),
  missingRate: z.number().nullable(),
  newShare: z.number().nullable(),
  lostShare: z.number().nullable(),
  outside: z.number().nullable(),
});

export type FeatureWindowRow = z.infer<typeof row>;

export type FeatureWindowsOptions = {
  readonly model: string;
  readonly kind: string;
  readonly feature: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
};

/** A feature's judged windows that began in [fromMs, toMs), in order of time; the newest `limit` of them. Those of single replicas are left out. */
export function featureWindows(options: FeatureWindowsOptions): Query<FeatureWindowRow> {
  const { model, kind, feature, fromMs, toMs, limit } = options;
  return {
    name: "featureWindows",
    sql: `SELECT *
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
ORDER BY sinceAt, version, baseline`,
    params: { model, kind, feature, from: fromMs, to: toMs, limit },
    row,
  };
}
