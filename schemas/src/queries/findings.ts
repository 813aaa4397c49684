import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  id: z.string(),
  kind: z.string(),
  job: z.string(),
  rank: z.number().nullable(),
  node: z.string(),
  gpu: z.string(),
  opened: z.number(),
  closed: z.number().nullable(),
  score: z.number().nullable(),
  wasteGpuSeconds: z.number(),
  confidence: z.string(),
  cause: z.string(),
  summary: z.string(),
  detail: z.string(),
  updated: z.number(),
});

export type FindingRow = z.infer<typeof row>;

export type FindingsOptions = {
  /** Of all jobs where absent. */
  readonly job?: string;
  /** Those that were open at some moment of [fromMs, toMs). */
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
};

/** Of jobs, not of models. Open ones first, then the newest. Times are Unix ms; `detail` is a Finding as JSON. */
export function findings({ job, fromMs, toMs, limit }: FindingsOptions): Query<FindingRow> {
  return {
    name: "findings",
    sql: `SELECT
  id,
  kind,
  job,
  rank,
  node,
  gpu,
  toFloat64(toUnixTimestamp64Milli(findings.opened)) AS opened,
  toFloat64(toUnixTimestamp64Milli(findings.closed)) AS closed,
  score,
  waste_gpu_seconds AS wasteGpuSeconds,
  confidence,
  cause,
  summary,
  detail,
  toFloat64(toUnixTimestamp64Milli(findings.updated)) AS updated
FROM findings FINAL
WHERE findings.model = ''
  AND findings.opened < fromUnixTimestamp64Milli({to:Int64})
  AND (findings.closed IS NULL OR findings.closed >= fromUnixTimestamp64Milli({from:Int64}))${job === undefined ? "" : "\n  AND job = {job:String}"}
ORDER BY findings.closed IS NULL DESC, findings.opened DESC
LIMIT {limit:UInt32}`,
    params: { from: fromMs, to: toMs, limit, ...(job !== undefined && { job }) },
    row,
  };
}
