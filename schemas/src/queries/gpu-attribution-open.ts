import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  gpu: z.string(),
  gpuInstance: z.string(),
  node: z.string(),
  namespace: z.string(),
  pod: z.string(),
  container: z.string(),
  job: z.string(),
  model: z.string(),
  replica: z.string(),
  priceClass: z.string(),
  since: z.number(),
  until: z.number(),
});

export type GpuAttributionRow = z.infer<typeof row>;

/** Intervals of GPU use that were still seen at `fromMs` or later: those that may go on. Times are Unix ms. */
export function gpuAttributionOpen({ fromMs, limit }: { fromMs: number; limit: number }): Query<GpuAttributionRow> {
  return {
    name: "gpuAttributionOpen",
    sql: `SELECT
  gpu,
  gpu_instance AS gpuInstance,
  node,
  namespace,
  pod,
  container,
  job,
  model,
  replica,
  price_class AS priceClass,
  toFloat64(toUnixTimestamp64Milli(attribution.since)) AS since,
  toFloat64(toUnixTimestamp64Milli(attribution.until)) AS until
FROM attribution FINAL
WHERE attribution.until >= fromUnixTimestamp64Milli({from:Int64})
ORDER BY attribution.until DESC
LIMIT {limit:UInt32}`,
    params: { from: fromMs, limit },
    row,
  };
}
