import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  version: z.string(),
  way: z.string(),
  sinceAt: z.number(),
  n: z.number(),
  auc: z.number().nullable(),
  accuracy: z.number().nullable(),
  f1: z.number().nullable(),
  ece: z.number().nullable(),
});

export type ModelPerformanceRow = z.infer<typeof row>;

/** Performance of a model's windows that began in [fromMs, toMs), in order of time; the newest `limit` of them. */
export function modelPagePerformance(options: {
  model: string;
  fromMs: number;
  toMs: number;
  limit: number;
}): Query<ModelPerformanceRow> {
  const { model, fromMs, toMs, limit } = options;
  return {
    name: "modelPagePerformance",
    sql: `SELECT *
FROM
(
  SELECT
    version,
    way,
    toFloat64(toUnixTimestamp64Milli(model_performance.since)) AS sinceAt,
    n,
    auc,
    accuracy,
    f1,
    ece
  FROM model_performance FINAL
  WHERE model = {model:String}
    AND model_performance.since >= fromUnixTimestamp64Milli({from:Int64})
    AND model_performance.since < fromUnixTimestamp64Milli({to:Int64})
  ORDER BY sinceAt DESC
  LIMIT {limit:UInt32}
)
ORDER BY sinceAt, version, way`,
    params: { model, from: fromMs, to: toMs, limit },
    row,
  };
}
