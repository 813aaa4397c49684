import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  model: z.string(),
  version: z.string(),
  kind: z.string(),
  feature: z.string(),
  baseline: z.enum(["training", "season", "version", "replicas"]),
  segment: z.string(),
  sinceAt: z.number(),
  untilAt: z.number(),
  verdict: z.enum(["drift", "no_drift", "not_enough_data", "data_quality"]),
});

export type DriftRecentRow = z.infer<typeof row>;

export type DriftRecentOptions = {
  /** Windows that began before `atMs`. */
  readonly of: readonly { readonly model: string; readonly atMs: number }[];
  /** Of each feature and baseline, so many windows. */
  readonly before: number;
  /** Looks back no further. */
  readonly reachMs: number;
};

/** Verdicts on features in the windows before a moment, oldest first. Times are Unix ms. */
export function driftRecent({ of, before, reachMs }: DriftRecentOptions): Query<DriftRecentRow> {
  return {
    name: "driftRecent",
    sql: `SELECT *
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
ORDER BY sinceAt`,
    params: {
      of: of.map(({ model }) => model),
      ats: of.map(({ atMs }) => atMs),
      first: Math.min(...of.map(({ atMs }) => atMs)) - reachMs,
      before,
    },
    row,
  };
}
