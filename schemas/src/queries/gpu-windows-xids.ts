import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({ gpu: z.string(), code: z.number(), at: z.number() });

export type GpuXidRow = z.infer<typeof row>;

/** Xid errors of these GPUs (UUIDs) in [fromMs, toMs], each once, whoever told of it. `at` is Unix ms. */
export function gpuWindowXids(options: {
  gpus: readonly string[];
  fromMs: number;
  toMs: number;
  limit: number;
}): Query<GpuXidRow> {
  const { gpus, fromMs, toMs, limit } = options;
  return {
    name: "gpuWindowXids",
    sql: `SELECT gpu, toFloat64(assumeNotNull(code)) AS code, toFloat64(toUnixTimestamp64Milli(min(events.at))) AS at
FROM events FINAL
WHERE kind = 'xid'
  AND gpu IN {gpus:Array(String)}
  AND code IS NOT NULL
  AND events.at >= fromUnixTimestamp64Milli({from:Int64})
  AND events.at <= fromUnixTimestamp64Milli({to:Int64})
GROUP BY gpu, code
ORDER BY at
LIMIT {limit:UInt32}`,
    params: { gpus: [...gpus], from: fromMs, to: toMs, limit },
    row,
  };
}
