import { z } from "zod";
import { type ModelSince, modelsSinceParams, OF_MODELS_SINCE, SINCE_EARLIEST } from "./models-since.ts";
import type { Query } from "./query.ts";

const row = z.object({
  model: z.string(),
  /** From 0: how many steps of its model after the beginning. */
  places: z.array(z.number()),
  worst: z.array(z.number()),
});

export type ModelDriftHistoryRow = z.infer<typeof row>;

/** The farthest feature's distance over its threshold, from each model's own beginning up to `toMs`; places without a judged window are left out. */
export function modelsDriftHistory(options: {
  of: readonly (ModelSince & { readonly stepMs: number })[];
  points: number;
}): Query<ModelDriftHistoryRow> {
  const { of, points } = options;
  return {
    name: "modelsDriftHistory",
    sql: `SELECT model, groupArray(toFloat64(place)) AS places, groupArray(ratio) AS worst
FROM
(
  SELECT
    model,
    intDiv(
      toUnixTimestamp64Milli(since) - transform(toString(model), {models:Array(String)}, {froms:Array(Int64)}, {from:Int64}),
      transform(toString(model), {models:Array(String)}, {steps:Array(Int64)}, toInt64(1))
    ) AS place,
    assumeNotNull(max(distance / threshold)) AS ratio
  FROM drift_windows
  PREWHERE ${SINCE_EARLIEST}
  WHERE ${OF_MODELS_SINCE}
    AND segment = '' AND distance IS NOT NULL AND threshold > 0
  GROUP BY model, place
  HAVING place < {points:Int64}
  ORDER BY model, place
)
GROUP BY model`,
    params: {
      ...modelsSinceParams(of),
      steps: of.map(({ stepMs }) => stepMs),
      points,
    },
    row,
  };
}
