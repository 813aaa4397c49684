import { z } from "zod";
import { cellRow, SHAPE, SUMMED_CELLS } from "./feature-cell-rows.ts";
import { type ModelSince, modelsSinceParams, OF_MODELS_SINCE, SINCE_EARLIEST } from "./models-since.ts";
import type { Query } from "./query.ts";

const row = cellRow.extend({ model: z.string(), feature: z.string() });

export type ModelLatencyRow = z.infer<typeof row>;

/** How long models took in the windows from `fromMs` on: a row for each model, latency and shape of histogram. */
export function modelsLatency(options: {
  of: readonly ModelSince[];
  toMs: number;
  limit: number;
}): Query<ModelLatencyRow> {
  const { of, toMs, limit } = options;
  return {
    name: "modelsLatency",
    sql: `SELECT
  model,
  feature,
  ${SUMMED_CELLS}
FROM
(
  SELECT *
  FROM histograms
  PREWHERE ${SINCE_EARLIEST}
    AND since < fromUnixTimestamp64Milli({to:Int64})
    AND kind = 'latency'
  WHERE ${OF_MODELS_SINCE}
  ORDER BY seen DESC
  LIMIT 1 BY model, feature, since, until, version, replica, source, origin
) AS histograms
GROUP BY model, feature, ${SHAPE}
ORDER BY model, feature
LIMIT {limit:UInt32}`,
    params: { ...modelsSinceParams(of), to: toMs, limit },
    row,
  };
}
