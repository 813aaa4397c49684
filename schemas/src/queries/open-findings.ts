import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  id: z.string(),
  job: z.string(),
  opened: z.number(),
  wasteGpuSeconds: z.number(),
  detail: z.string(),
  updated: z.number(),
});

export type OpenFindingRow = z.infer<typeof row>;

/**
 * Findings that nobody has closed, opened at `sinceMs` or later, newest first: what a watch that begins to lead takes up.
 * Times are Unix ms; `detail` is a Finding as JSON.
 */
export function openFindings({ sinceMs, limit }: { sinceMs: number; limit: number }): Query<OpenFindingRow> {
  return {
    name: "openFindings",
    sql: `SELECT
  id,
  job,
  toFloat64(toUnixTimestamp64Milli(findings.opened)) AS opened,
  waste_gpu_seconds AS wasteGpuSeconds,
  detail,
  toFloat64(toUnixTimestamp64Milli(findings.updated)) AS updated
FROM findings FINAL
WHERE findings.closed IS NULL
  AND findings.opened >= fromUnixTimestamp64Milli({since:Int64})
ORDER BY findings.updated DESC
LIMIT {limit:UInt32}`,
    params: { since: sinceMs, limit },
    row,
  };
}
