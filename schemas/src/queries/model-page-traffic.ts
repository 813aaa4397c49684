import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  version: z.string(),
  replica: z.string(),
  places: z.array(z.number()),
  rows: z.array(z.number()),
});

export type ModelTrafficHistoryRow = z.infer<typeof row>;

export type ModelTrafficOptions = {
  readonly model: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  /** The input that most rows have in windows from then on is counted, Unix ms. */
  readonly newestMs: number;
  readonly limit: number;
};

/** Rows that each version and replica of a model was given at each point of the grid, by the input that most rows have. */
export function modelPageTraffic(options: ModelTrafficOptions): Query<ModelTrafficHistoryRow> {
  const { model, fromMs, toMs, stepMs, newestMs, limit } = options;
  return {
    name: "modelPageTraffic",
    sql: `SELECT version, replica, groupArray(toFloat64(place)) AS places, groupArray(toFloat64(given)) AS rows
FROM
(
  SELECT
    version,
    replica,
    intDiv(toUnixTimestamp64Milli(since) - {from:Int64}, {step:Int64}) AS place,
    sum(count + missing) AS given
  FROM histograms FINAL
  WHERE model = {model:String}
    AND since >= fromUnixTimestamp64Milli({from:Int64})
    AND since < fromUnixTimestamp64Milli({to:Int64})
    AND (kind, feature) IN
    (
      SELECT kind, feature
      FROM histograms
      WHERE model = {model:String}
        AND since >= fromUnixTimestamp64Milli({newest:Int64})
        AND since < fromUnixTimestamp64Milli({to:Int64})
      GROUP BY kind, feature
      ORDER BY kind = 'input' DESC, sum(count + missing) DESC, kind, feature
      LIMIT 1
    )
  GROUP BY version, replica, place
  ORDER BY place
)
GROUP BY version, replica
ORDER BY sum(given) DESC, version, replica
LIMIT {limit:UInt32}`,
    params: { model, from: fromMs, to: toMs, step: stepMs, newest: newestMs, limit },
    row,
  };
}
