import { z } from "zod";
import { firstLabel, UUID_LABELS } from "./cluster-gpu-series.ts";
import type { Query } from "./query.ts";

const row = z.object({
  metric: z.string(),
  series: z.string(),
  type: z.string(),
  labels: z.record(z.string(), z.string()),
  firstSeen: z.number(),
  lastSeen: z.number(),
});

export type OneGpuSeriesRow = z.infer<typeof row>;

/** Every series that carries this GPU's UUID, its MIG instances' included, newest first (at most 2,000). */
export function gpuSeries(options: { uuid: string }): Query<OneGpuSeriesRow> {
  return {
    name: "gpuSeries",
    sql: `SELECT metric, toString(id) AS series, kind AS type, labelSet AS labels, firstSeen, lastSeen
FROM
(
  SELECT
    metric,
    series AS id,
    any(type) AS kind,
    any(labels) AS labelSet,
    toFloat64(toUnixTimestamp64Milli(min(first_seen))) AS firstSeen,
    toFloat64(toUnixTimestamp64Milli(max(last_seen))) AS lastSeen
  FROM series
  WHERE ${firstLabel(UUID_LABELS)} = {uuid:String}
  GROUP BY metric, series
)
ORDER BY lastSeen DESC, metric, series
LIMIT 2000`,
    params: { uuid: options.uuid },
    row,
  };
}
