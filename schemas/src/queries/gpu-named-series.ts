import { metricId } from "../domain/metric-id.ts";

/** Series travel in the URL of the query: more than this many would not fit into a request line. */
export const MAX_SERIES_PARAMS = 250;

/** A series and the name of its metric: together they are the start of the samples' key. */
export type NamedSeries = { readonly metric: string; readonly series: string };

/**
 * SQL that is true for samples of the named series. As pairs, because a list of metrics beside a list of series makes
 * every combination a candidate: at 54 of each, the index then rules out 1 % of the granules instead of 70 %. Qualified, because an alias `series` in the SELECT would be taken for the column, and no index
 * knows that.
 */
export const IN_NAMED_SERIES = `(metric, samples.series) IN
      (SELECT pair.1, toUInt64(pair.2) FROM (SELECT arrayJoin(arrayZip({metrics:Array(UInt32)}, {series:Array(String)})) AS pair))`;

/** At most MAX_SERIES_PARAMS of them. */
export function namedSeriesParams(series: readonly NamedSeries[]): { metrics: number[]; series: string[] } {
  const named = series.slice(0, MAX_SERIES_PARAMS);
  return { metrics: named.map((one) => metricId(one.metric)), series: named.map((one) => one.series) };
}
