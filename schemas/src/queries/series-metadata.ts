/** What is known of metrics by their names, for the Prometheus API. */
import { z } from "zod";
import type { Query } from "./query.ts";

const metadataRow = z.object({ metric: z.string(), type: z.string(), unit: z.string() });
export type SeriesMetadataRow = z.infer<typeof metadataRow>;

/** Type and unit of each metric, once for each pair that targets tell. */
export function seriesMetadata({
  metric,
  limit,
}: {
  readonly metric?: string | undefined;
  readonly limit: number;
}): Query<SeriesMetadataRow> {
  return {
    name: "seriesMetadata",
    sql: `SELECT toString(metric) AS metric, toString(type) AS type, toString(unit) AS unit
FROM series
WHERE type != ''${metric === undefined ? "" : " AND metric = {metric:String}"}
GROUP BY metric, type, unit
ORDER BY metric, type, unit
LIMIT {limit:UInt64}`,
    params: { ...(metric !== undefined && { metric }), limit },
    row: metadataRow,
  };
}

const countRow = z.object({ name: z.string(), value: z.number() });

export type SeriesCountBy = "metric" | "valuesOfLabel" | "bytesOfLabel" | "labelPair";

const pairs = "series ARRAY JOIN mapKeys(labels) AS label, mapValues(labels) AS label_value";

const counted: Readonly<
  Record<SeriesCountBy, { readonly key: string; readonly count: string; readonly from: string }>
> = {
  metric: { key: "toString(metric)", count: "uniqExact(series)", from: "series" },
  valuesOfLabel: { key: "toString(label)", count: "uniqExact(label_value)", from: pairs },
  bytesOfLabel: { key: "toString(label)", count: "sum(length(label_value))", from: pairs },
  labelPair: { key: "concat(label, '=', label_value)", count: "uniqExact(series)", from: pairs },
};

/** What there is most of among the series seen since `sinceMs` (Unix ms). */
export function seriesCounts(by: SeriesCountBy, { sinceMs, limit }: { sinceMs: number; limit: number }) {
  const { key, count, from } = counted[by];
  const query: Query<z.infer<typeof countRow>> = {
    name: "seriesCounts",
    sql: `SELECT ${key} AS name, toFloat64(${count}) AS value
FROM ${from}
WHERE last_seen >= fromUnixTimestamp64Milli({since:Int64})
GROUP BY name
ORDER BY value DESC, name
LIMIT {limit:UInt64}`,
    params: { since: sinceMs, limit },
    row: countRow,
  };
  return query;
}
