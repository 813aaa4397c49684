import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({ kind: z.string(), atMs: z.number(), title: z.string() });

export type ModelEventRow = z.infer<typeof row>;

/** Deploys and changes of configuration in [fromMs, toMs) that are this model's, or nobody's in particular; in order of time. */
export function modelPageEvents(options: {
  model: string;
  fromMs: number;
  toMs: number;
  limit: number;
}): Query<ModelEventRow> {
  const { model, fromMs, toMs, limit } = options;
  return {
    name: "modelPageEvents",
    sql: `SELECT kind, toFloat64(toUnixTimestamp64Milli(at)) AS atMs, title
FROM events FINAL
WHERE kind IN ('deploy', 'config')
  AND at >= fromUnixTimestamp64Milli({from:Int64})
  AND at < fromUnixTimestamp64Milli({to:Int64})
  AND labels['model'] IN ('', {model:String})
ORDER BY at
LIMIT {limit:UInt32}`,
    params: { model, from: fromMs, to: toMs, limit },
    row,
  };
}
