import { z } from "zod";
import { type ModelSince, modelsSinceParams, OF_MODELS_SINCE, SINCE_EARLIEST } from "./models-since.ts";
import type { Query } from "./query.ts";

const row = z.object({ model: z.string(), rowsPerSecond: z.number() });

export type ModelTrafficRow = z.infer<typeof row>;

/**
 * Rows that models were given in a second, over the windows from `fromMs` on: those of the input that most rows have (a
 * latency may be told of each token), of a model without inputs of whatever has the most. Which that is may be told by a
 * row that was sent twice, how many there are not.
 */
export function modelsTraffic({ of, toMs }: { of: readonly ModelSince[]; toMs: number }): Query<ModelTrafficRow> {
  return {
    name: "modelsTraffic",
    sql: `SELECT
  model,
  1000 * sum(rowsOf) / (toUnixTimestamp64Milli(max(ended)) - toUnixTimestamp64Milli(min(began))) AS rowsPerSecond
FROM
(
  SELECT model, since AS began, until AS ended, count + missing AS rowsOf
  FROM histograms
  PREWHERE ${SINCE_EARLIEST}
    AND since < fromUnixTimestamp64Milli({to:Int64})
  WHERE ${OF_MODELS_SINCE}
    AND (model, kind, feature) IN
  (
    SELECT model, kind, feature
    FROM histograms
    PREWHERE ${SINCE_EARLIEST}
      AND since < fromUnixTimestamp64Milli({to:Int64})
    WHERE ${OF_MODELS_SINCE}
    GROUP BY model, kind, feature
    ORDER BY kind = 'input' DESC, sum(count + missing) DESC, kind, feature
    LIMIT 1 BY model
  )
  ORDER BY seen DESC
  LIMIT 1 BY model, since, until, version, replica, source, origin
)
WHERE ended > began
GROUP BY model`,
    params: { ...modelsSinceParams(of), to: toMs },
    row,
  };
}
