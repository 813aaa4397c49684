/** What the Prometheus API asks of series: their label sets, the names of labels, the values of one. Times are Unix ms. */
import { z } from "zod";
import { METRIC_NAME } from "../domain/labels.ts";
import { type BinaryQuery, type SampleScope, sampleCondition } from "./prometheus.ts";
import type { Query } from "./query.ts";
import { type SeriesSelector, seriesCondition } from "./series-matchers.ts";

/** `last_seen` is written again only when it is an hour old; a slow scrape interval may add to that. */
const LAST_SEEN_SLACK_MS = 2 * 3_600_000;

/** A stretch of time; a missing end is open. */
export type Period = { readonly startMs?: number | undefined; readonly endMs?: number | undefined };

/**
 * Label sets of the selected series; with `within`, only of those that have a sample in that scope.
 * Columns: series UInt64, names Array(String), values Array(String).
 */
export function seriesLabels(
  selectors: readonly SeriesSelector[],
  within: SampleScope | undefined,
  maxSeries: number,
): BinaryQuery {
  const series = seriesCondition(selectors);
  const sampled = within === undefined ? undefined : sampleCondition(within);
  const alive =
    sampled === undefined
      ? ""
      : `
  AND series IN
  (
    SELECT DISTINCT series
    FROM samples
    WHERE ${sampled.sql}
  )`;
  return {
    name: "seriesLabels",
    sql: `SELECT series, mapKeys(any(labels)) AS names, mapValues(any(labels)) AS label_values
FROM series
WHERE ${series.sql}${alive}
GROUP BY series
LIMIT {limit:UInt64}`,
    params: { ...series.params, ...sampled?.params, limit: maxSeries },
  };
}

function during(selectors: readonly SeriesSelector[], period: Period) {
  const series = seriesCondition(selectors);
  const parts = [series.sql];
  const params: Record<string, string | number> = { ...series.params };
  if (period.startMs !== undefined) {
    parts.push("last_seen >= fromUnixTimestamp64Milli({since:Int64})");
    params["since"] = period.startMs - LAST_SEEN_SLACK_MS;
  }
  if (period.endMs !== undefined) {
    parts.push("first_seen <= fromUnixTimestamp64Milli({until:Int64})");
    params["until"] = period.endMs;
  }
  return { sql: parts.join("\n  AND "), params };
}

/** The label names of the selected series that were seen in the period (to two hours), sorted. */
export function seriesLabelNames(
  selectors: readonly SeriesSelector[],
  period: Period,
  limit: number,
): Query<{ name: string }> {
  const condition = during(selectors, period);
  return {
    name: "seriesLabelNames",
    sql: `SELECT DISTINCT arrayJoin(mapKeys(labels)) AS name
FROM series
WHERE ${condition.sql}
ORDER BY name
LIMIT {limit:UInt64}`,
    params: { ...condition.params, limit },
    row: z.object({ name: z.string() }),
  };
}

/** The values of one label in the selected series that were seen in the period (to two hours), sorted. */
export function seriesLabelValues(
  label: string,
  selectors: readonly SeriesSelector[],
  period: Period,
  limit: number,
): Query<{ value: string }> {
  const condition = during(selectors, period);
  const isName = label === METRIC_NAME;
  return {
    name: "seriesLabelValues",
    sql: `SELECT DISTINCT ${isName ? "toString(metric)" : "labels[{label:String}]"} AS value
FROM series
WHERE value != ''
  AND ${condition.sql}
ORDER BY value
LIMIT {limit:UInt64}`,
    params: { ...condition.params, ...(isName ? {} : { label }), limit },
    row: z.object({ value: z.string() }),
  };
}
