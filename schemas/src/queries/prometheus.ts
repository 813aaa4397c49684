/**
 * What the Prometheus API asks of samples. Answers are read in RowBinary: values keep their bits, so that a staleness
 * marker stays apart from any other NaN. Times are Unix milliseconds. Series come as ids; their labels from series-labels.ts.
 */
import { METRIC_NAME } from "../domain/labels.ts";
import { metricId } from "../domain/metric-id.ts";
import type { Query } from "./query.ts";
import { IS_STALE, SAMPLE_BITS, SAMPLE_VALUE, STALE_BITS } from "./sample-value.ts";
import { type SeriesSelector, seriesCondition } from "./series-matchers.ts";
import { metricIdSql } from "./series-metric-id.ts";

/** A query whose rows are read from binary by position. */
export type BinaryQuery = Omit<Query<never>, "row">;

export type SampleScope = {
  readonly selectors: readonly SeriesSelector[];
  /** Exclusive, as Prometheus' look-back is. */
  readonly afterMs: number;
  /** Inclusive. */
  readonly untilMs: number;
};

/** metricId of the names, where every selector gives one; undefined where a selector may select any name. */
function namedMetrics(selectors: readonly SeriesSelector[]): number[] | undefined {
  const names = selectors.map((selector) => selector.find(({ name, op }) => name === METRIC_NAME && op === "=")?.value);
  return names.every((name) => name !== undefined) ? [...new Set(names.map(metricId))] : undefined;
}

/** SQL that is true for the samples of a scope. Samples are sorted by metric and series: both are needed to find them. */
export function sampleCondition(scope: SampleScope) {
  const series = seriesCondition(scope.selectors);
  const metrics = namedMetrics(scope.selectors);
  const selected =
    metrics === undefined
      ? `(metric, series) IN (SELECT ${metricIdSql("metric")}, series FROM series WHERE ${series.sql})`
      : `metric IN {metrics:Array(UInt32)} AND series IN (SELECT series FROM series WHERE ${series.sql})`;
  return {
    sql: `${selected}
  AND ts > fromUnixTimestamp64Milli({after:Int64})
  AND ts <= fromUnixTimestamp64Milli({until:Int64})`,
    params: {
      ...series.params,
      ...(metrics === undefined ? {} : { metrics }),
      after: scope.afterMs,
      until: scope.untilMs,
    },
  };
}

/** The newest sample of every series in the scope that has not ended. Columns: series UInt64, value Float64 (its bits). */
export function prometheusInstant(scope: SampleScope, maxSeries: number): BinaryQuery {
  const condition = sampleCondition(scope);
  return {
    name: "prometheusInstant",
    sql: `SELECT series, argMax(${SAMPLE_BITS}, ts) AS bits
FROM samples
WHERE ${condition.sql}
GROUP BY series
HAVING bits != ${STALE_BITS}
LIMIT {limit:UInt64}`,
    params: { ...condition.params, limit: maxSeries },
  };
}

export type RangeSteps = { readonly startMs: number; readonly endMs: number; readonly stepMs: number };

/**
 * The newest sample within `lookbackMs` before each step. Columns: series UInt64, values Array(Nullable(Float64)), one a
 * step; a step where the series had ended holds the staleness marker.
 */
export function prometheusRange(
  selectors: readonly SeriesSelector[],
  steps: RangeSteps,
  lookbackMs: number,
  maxSeries: number,
): BinaryQuery {
  const condition = sampleCondition({ selectors, afterMs: steps.startMs - lookbackMs, untilMs: steps.endMs });
  return {
    name: "prometheusRange",
    sql: `SELECT
  series,
  timeSeriesLastToGrid(
    fromUnixTimestamp64Milli({start:Int64}), fromUnixTimestamp64Milli({until:Int64}),
    toDecimal64({step:Int64} / 1000, 3), toDecimal64({lookback:Int64} / 1000, 3))(ts, ${SAMPLE_VALUE}) AS grid
FROM samples
WHERE ${condition.sql}
GROUP BY series
LIMIT {limit:UInt64}
SETTINGS allow_experimental_time_series_aggregate_functions = 1`,
    params: {
      ...condition.params,
      start: steps.startMs,
      step: steps.stepMs,
      lookback: lookbackMs,
      limit: maxSeries,
    },
  };
}

/** Every sample of the scope but staleness markers, by series and time. Columns: series UInt64, ts Int64, value Float64. */
export function prometheusSamples(scope: SampleScope, maxSamples: number): BinaryQuery {
  const condition = sampleCondition(scope);
  return {
    name: "prometheusSamples",
    sql: `SELECT series, toUnixTimestamp64Milli(ts) AS time, ${SAMPLE_VALUE} AS value
FROM samples
WHERE ${condition.sql}
  AND NOT ${IS_STALE}
ORDER BY series, ts
LIMIT 1 BY series, ts
LIMIT {limit:UInt64}`,
    params: { ...condition.params, limit: maxSamples },
  };
}
