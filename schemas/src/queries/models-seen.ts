import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  model: z.string(),
  version: z.string(),
  firstAt: z.number(),
  lastAt: z.number(),
  windowMs: z.number(),
});

export type ModelSeenRow = z.infer<typeof row>;

export type ModelsSeenOptions = {
  /** Of all models where absent. */
  readonly model?: string;
  /** Only those that were seen then or later, Unix ms. */
  readonly sinceMs?: number;
  readonly limit: number;
};

/**
 * Models and their versions that anything was observed of: beginning of the first window and end of the newest (Unix ms), and
 * how long that is.
 */
export function modelsSeen({ model, sinceMs, limit }: ModelsSeenOptions): Query<ModelSeenRow> {
  return {
    name: "modelsSeen",
    sql: `SELECT
  model,
  version,
  toFloat64(toUnixTimestamp64Milli(min(first))) AS firstAt,
  toFloat64(toUnixTimestamp64Milli(max(last))) AS lastAt,
  argMaxMerge(window_ms) AS windowMs
FROM observed_models${model === undefined ? "" : "\nWHERE model = {model:String}"}
GROUP BY model, version${sinceMs === undefined ? "" : "\nHAVING max(last) >= fromUnixTimestamp64Milli({from:Int64})"}
ORDER BY lastAt DESC, model, version
LIMIT {limit:UInt32}`,
    params: { limit, ...(sinceMs !== undefined && { from: sinceMs }), ...(model !== undefined && { model }) },
    row,
  };
}
