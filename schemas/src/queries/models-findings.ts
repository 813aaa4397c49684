import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  id: z.string(),
  kind: z.string(),
  model: z.string(),
  version: z.string(),
  feature: z.string(),
  opened: z.number(),
  closed: z.number().nullable(),
  confidence: z.string(),
  summary: z.string(),
  detail: z.string(),
});

export type ModelFindingRow = z.infer<typeof row>;

export type ModelFindingsOptions = {
  /** Of all models where absent; so is the feature. */
  readonly model?: string;
  readonly feature?: string;
  /** Those that were open at some moment of [fromMs, toMs). */
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
};

/** Open ones first, then the newest. Times are Unix ms; `detail` is a DriftFinding as JSON. */
export function modelsFindings({ model, feature, fromMs, toMs, limit }: ModelFindingsOptions): Query<ModelFindingRow> {
  const ofOne = `${model === undefined ? "" : "\n  AND findings.model = {model:String}"}${feature === undefined ? "" : "\n  AND findings.feature = {feature:String}"}`;
  return {
    name: "modelsFindings",
    sql: `SELECT
  id,
  kind,
  model,
  version,
  feature,
  toFloat64(toUnixTimestamp64Milli(findings.opened)) AS opened,
  toFloat64(toUnixTimestamp64Milli(findings.closed)) AS closed,
  confidence,
  summary,
  detail
FROM findings FINAL
WHERE findings.model != ''
  AND findings.opened < fromUnixTimestamp64Milli({to:Int64})
  AND (findings.closed IS NULL OR findings.closed >= fromUnixTimestamp64Milli({from:Int64}))${ofOne}
ORDER BY findings.closed IS NULL DESC, findings.opened DESC
LIMIT {limit:UInt32}`,
    params: {
      from: fromMs,
      to: toMs,
      limit,
      ...(model !== undefined && { model }),
      ...(feature !== undefined && { feature }),
    },
    row,
  };
}
