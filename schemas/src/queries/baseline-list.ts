/** Baselines that were set, and what of the histograms they are made of. */
import { z } from "zod";
import type { Query } from "./query.ts";

const row = z.object({
  version: z.string(),
  name: z.string(),
  sinceAt: z.number(),
  untilAt: z.number(),
  ofVersion: z.string(),
  createdAt: z.number(),
  createdBy: z.string(),
});

export type BaselineListRow = z.infer<typeof row>;

/** The newest first. Times are Unix ms; an empty version is every version. */
export function baselineList({ model }: { model: string }): Query<BaselineListRow> {
  return {
    name: "baselineList",
    sql: `SELECT
  version,
  name,
  toFloat64(toUnixTimestamp64Milli(baselines.since)) AS sinceAt,
  toFloat64(toUnixTimestamp64Milli(baselines.until)) AS untilAt,
  of_version AS ofVersion,
  toFloat64(toUnixTimestamp64Milli(created)) AS createdAt,
  created_by AS createdBy
FROM baselines FINAL
WHERE model = {model:String}
ORDER BY created DESC, version, name
LIMIT 1000`,
    params: { model },
    row,
  };
}

const holds = z.object({ windows: z.number(), features: z.number(), rows: z.number() });

/** What a model has in windows that lie in [fromMs, toMs); `rows` of the feature that has most. An empty version is every version. */
export function baselineHolds(options: {
  readonly model: string;
  readonly version: string;
  readonly fromMs: number;
  readonly toMs: number;
}): Query<z.infer<typeof holds>> {
  const { model, version, fromMs, toMs } = options;
  return {
    name: "baselineHolds",
    sql: `SELECT
  toFloat64(uniqExactArray(spans)) AS windows,
  toFloat64(count()) AS features,
  toFloat64(max(n)) AS rows
FROM
(
  SELECT kind, feature, groupUniqArray((histograms.since, histograms.until)) AS spans, sum(count) + sum(missing) AS n
  FROM histograms FINAL
  WHERE model = {model:String}
    AND histograms.since >= fromUnixTimestamp64Milli({from:Int64})
    AND histograms.until <= fromUnixTimestamp64Milli({to:Int64})
    AND ({version:String} = '' OR version = {version:String})
  GROUP BY kind, feature
)`,
    params: { model, version, from: fromMs, to: toMs },
    row: holds,
  };
}

const models = z.object({ model: z.string() });

/** Models that something was observed of: to find the one that was meant. */
export function baselineModels(): Query<z.infer<typeof models>> {
  return {
    name: "baselineModels",
    sql: "SELECT model FROM observed_models GROUP BY model ORDER BY model LIMIT 10000",
    params: {},
    row: models,
  };
}

const stretch = z.object({ windows: z.number(), fromMs: z.number(), toMs: z.number() });

/** From when to when an import's windows go. */
export function baselineStretch({ model, origin }: { model: string; origin: string }): Query<z.infer<typeof stretch>> {
  return {
    name: "baselineStretch",
    sql: `SELECT
  toFloat64(uniqExact(histograms.since, histograms.until)) AS windows,
  toFloat64(toUnixTimestamp64Milli(min(histograms.since))) AS fromMs,
  toFloat64(toUnixTimestamp64Milli(max(histograms.until))) AS toMs
FROM histograms
WHERE model = {model:String} AND source = 'import' AND startsWith(histograms.origin, {origin:String})`,
    params: { model, origin },
    row: stretch,
  };
}
