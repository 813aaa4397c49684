import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({ model: z.string(), version: z.string(), firstAt: z.number(), lastAt: z.number() });

export type ModelVersionRow = z.infer<typeof row>;

/** Versions of models in the order they came, when each was seen first and last; those that tell no version are left out. Times are Unix ms. */
export function modelVersions({ of }: { of: readonly string[] }): Query<ModelVersionRow> {
  return {
    name: "modelVersions",
    sql: `SELECT
  model,
  version,
  toFloat64(toUnixTimestamp64Milli(min(first))) AS firstAt,
  toFloat64(toUnixTimestamp64Milli(max(last))) AS lastAt
FROM observed_models
WHERE model IN {of:Array(String)}
  AND version != ''
GROUP BY model, version
ORDER BY model, firstAt, version`,
    params: { of },
    row,
  };
}
