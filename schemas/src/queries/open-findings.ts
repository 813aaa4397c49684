import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  id: z.string(),
  job: z.string(),
  model: z.string(),
  opened: z.number(),
  wasteGpuSeconds: z.number(),
  detail: z.string(),
  updated: z.number(),
});

export type OpenFindingRow = z.infer<typeof row>;

export type OpenFindingsOptions = {
  readonly of: "jobs" | "models";
  readonly sinceMs: number;
  readonly limit: number;
};

/**
 * Findings that nobody has closed, opened at `sinceMs` or later (of models: written, for a history that is imported is as old
 * as it is), newest first: what a watch that begins to lead takes up.
 * Times are Unix ms; `detail` is a Finding, or of models a DriftFinding, as JSON.
 */
export function openFindings({ of, sinceMs, limit }: OpenFindingsOptions): Query<OpenFindingRow> {
  return {
    name: "openFindings",
    sql: `SELECT
  id,
  job,
  findings.model AS model,
  toFloat64(toUnixTimestamp64Milli(findings.opened)) AS opened,
  waste_gpu_seconds AS wasteGpuSeconds,
  detail,
  toFloat64(toUnixTimestamp64Milli(findings.updated)) AS updated
FROM findings FINAL
WHERE findings.closed IS NULL
  AND findings.model ${of === "jobs" ? "=" : "!="} ''
  AND findings.${of === "jobs" ? "opened" : "updated"} >= fromUnixTimestamp64Milli({since:Int64})
ORDER BY findings.updated DESC
LIMIT {limit:UInt32}`,
    params: { since: sinceMs, limit },
    row,
  };
}
