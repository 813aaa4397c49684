import { z } from "zod";
import { metricId } from "../domain/metric-id.ts";
import type { Query } from "./query.ts";
import { IS_STALE } from "./sample-value.ts";

const row = z.object({
  labels: z.record(z.string(), z.string()),
  firstAt: z.number(),
  lastAt: z.number(),
});

export type GpuSeenRow = z.infer<typeof row>;

/** A metric that each exporter of GPUs tells of every GPU and instance; the labels are the same on all of its metrics. */
const METRICS = [
  "DCGM_FI_DEV_SM_CLOCK",
  "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
  "nvidia_smi_utilization_gpu_ratio",
  "gpu_gfx_activity",
] as const;

/**
 * The label sets of GPUs that had samples in (fromMs, toMs], with the first and the last moment in it (Unix ms): who used
 * which GPU, as far as labels tell.
 */
export function gpuAttributionSeen(options: { fromMs: number; toMs: number; limit: number }): Query<GpuSeenRow> {
  const { fromMs, toMs, limit } = options;
  return {
    name: "gpuAttributionSeen",
    sql: `SELECT labels, firstAt, lastAt
FROM
(
  SELECT
    series AS id,
    toFloat64(toUnixTimestamp64Milli(min(ts))) AS firstAt,
    toFloat64(toUnixTimestamp64Milli(max(ts))) AS lastAt
  FROM samples
  WHERE samples.metric IN {ids:Array(UInt32)}
    AND ts > fromUnixTimestamp64Milli({from:Int64})
    AND ts <= fromUnixTimestamp64Milli({to:Int64})
    AND NOT ${IS_STALE}
  GROUP BY series
) AS seen
INNER JOIN
(
  SELECT series AS id, any(series.labels) AS labels
  FROM series
  WHERE metric IN {metrics:Array(String)}
  GROUP BY series
) AS told USING (id)
ORDER BY firstAt, id
LIMIT {limit:UInt32}`,
    params: { metrics: [...METRICS], ids: METRICS.map(metricId), from: fromMs, to: toMs, limit },
    row,
  };
}
