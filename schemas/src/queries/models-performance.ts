import { z } from "zod";
import { type ModelSince, modelsSinceParams, OF_MODELS_SINCE, SINCE_EARLIEST } from "./models-since.ts";
import type { Query } from "./query.ts";

const row = z.object({
  model: z.string(),
  way: z.string(),
  untilAt: z.number(),
  n: z.number(),
  auc: z.number().nullable(),
  accuracy: z.number().nullable(),
  f1: z.number().nullable(),
});

export type ModelPerformanceNowRow = z.infer<typeof row>;

/** The newest window's performance of models, estimated and realised: of the version that had most rows in it. */
export function modelsPerformance(options: { of: readonly ModelSince[]; toMs: number }): Query<ModelPerformanceNowRow> {
  return {
    name: "modelsPerformance",
    sql: `SELECT
  model,
  way,
  toFloat64(toUnixTimestamp64Milli(newest.1)) AS untilAt,
  newest.2 AS n,
  newest.3 AS auc,
  newest.4 AS accuracy,
  newest.5 AS f1
FROM
(
  SELECT model, way, argMax(tuple(until, n, auc, accuracy, f1), tuple(since, n, judged)) AS newest
  FROM model_performance
  PREWHERE ${SINCE_EARLIEST}
    AND since < fromUnixTimestamp64Milli({to:Int64})
  WHERE ${OF_MODELS_SINCE}
  GROUP BY model, way
)
ORDER BY model, way`,
    params: { ...modelsSinceParams(options.of), to: options.toMs },
    row,
  };
}
