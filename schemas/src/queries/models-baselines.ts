import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  version: z.string(),
  name: z.string(),
  sinceAt: z.number(),
  untilAt: z.number(),
  ofVersion: z.string(),
  createdAt: z.number(),
  createdBy: z.string(),
});

export type ModelBaselineRow = z.infer<typeof row>;

/** What a model's windows are compared with, the newest first. Times are Unix ms; an empty version is every version. */
export function modelsBaselines({ model }: { model: string }): Query<ModelBaselineRow> {
  return {
    name: "modelsBaselines",
    sql: `SELECT
  version,
  name,
  toFloat64(toUnixTimestamp64Milli(baselines.since)) AS sinceAt,
  toFloat64(toUnixTimestamp64Milli(baselines.until)) AS untilAt,
  of_version AS ofVersion,
  toFloat64(toUnixTimestamp64Milli(created)) AS createdAt,
  created_by AS createdBy
FROM baselines FINAL
WHERE model = {model:String}
ORDER BY created DESC
LIMIT 100`,
    params: { model },
    row,
  };
}
