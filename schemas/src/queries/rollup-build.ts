/** The statements that compute roll-ups. What they hold in memory grows with the rows of their `keys` and `range`. */
import { z } from "zod";
import { RAW_EXPONENT } from "../domain/sample.ts";
import type { Query, QueryParams } from "./query.ts";
import { FIVE_MINUTES, type RollupLevel, type WindowRange } from "./rollup-levels.ts";
import { SAMPLE_VALUE } from "./sample-value.ts";

export type Statement = { readonly name: string; readonly sql: string; readonly params: QueryParams };

/** A part of the tables' key, both ends included; series are decimal UInt64. */
export type KeyRange = {
  readonly metrics: readonly [number, number];
  readonly series: readonly [string, string];
};

/** Metrics are counted in this many equal ranges of their ids. */
export const METRIC_BUCKETS = 4096;
const BUCKET_BITS = 20;

/** Metric ids of one bucket, both ends included. */
export function metricsOfBucket(bucket: number): readonly [number, number] {
  return [bucket * 2 ** BUCKET_BITS, (bucket + 1) * 2 ** BUCKET_BITS - 1];
}

/** A roll-up shares its machine with inserts and pages: one thread, and memory that the embedded ClickHouse can spare. */
const SETTINGS = `SETTINGS max_threads = 1, max_insert_threads = 1, max_memory_usage = 300000000,
  optimize_read_in_order = 1, query_plan_remove_redundant_sorting = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 33554432,
  insert_deduplicate = 0`;

const COLUMNS = "metric, series, window, count, e, min_m, max_m, sum_m, first_m, last_m, increase_m";

/**
 * Doubles below this many units of their last decimal have one decimal form only, also after they were multiplied by
 * 10^e in floating point; sums are rounded to their decimals, which takes the error of adding away.
 */
const MAX_MANTISSA = "2e15";

const kept = (value: string) =>
  `if(scale = ${RAW_EXPONENT}, reinterpretAsInt64(${value}), toInt64(round(${value} * power)))`;

/** `rows` has metric, series, w, n, ex, lo, hi, total, head, tail, rise. */
const encoded = (rows: string) => `SELECT
  metric, series, w, n, scale,
  ${["lo", "hi", "total", "head", "tail", "rise"].map(kept).join(",\n  ")}
FROM
(
  SELECT
    *,
    intExp10(ex) AS power,
    if(ex <> ${RAW_EXPONENT} AND greatest(abs(lo), abs(hi), abs(total), abs(rise)) * power < ${MAX_MANTISSA}, ex, ${RAW_EXPONENT}) AS scale
  FROM
  (
${rows}
  )
)`;

/** What a counter rose by from each of `from` to its partner in `to`: a fall is a reset to 0. */
const rises = (from: string, to: string) =>
  `arraySum((before, now) -> if(now < before, now, now - before), ${from}, ${to})`;

const KEY_RANGE = `metric BETWEEN {metric0:UInt32} AND {metric1:UInt32}
          AND series BETWEEN {series0:UInt64} AND {series1:UInt64}`;

const RAW_RANGE =
  "ts >= fromUnixTimestamp64Milli({since:Int64} * 1000) AND ts < fromUnixTimestamp64Milli({until:Int64} * 1000)";
const ROLLED_RANGE = "window >= toDateTime({since:Int64}, 'UTC') AND window < toDateTime({until:Int64}, 'UTC')";

/** Samples of one time lie in the order of their values, so that a value that came twice is no reset. */
const FROM_RAW = encoded(`    SELECT
      metric, series, w, length(vs) AS n, ex,
      arrayMin(vs) AS lo, arrayMax(vs) AS hi, arraySum(vs) AS total, vs[1] AS head, vs[-1] AS tail,
      ${rises("arrayPopBack(vs)", "arrayPopFront(vs)")} AS rise
    FROM
    (
      SELECT metric, series, toDateTime(intDiv(toUnixTimestamp64Milli(ts), 300000) * 300, 'UTC') AS w,
        max(e) AS ex, groupArray(v) AS vs
      FROM
      (
        SELECT metric, series, ts, e, ${SAMPLE_VALUE} AS v
        FROM samples
        WHERE ${KEY_RANGE}
          AND ${RAW_RANGE}
          AND NOT (e = ${RAW_EXPONENT} AND isNaN(reinterpretAsFloat64(m)))
        ORDER BY metric, series, ts, v
      )
      GROUP BY metric, series, w
    )`);

const FROM_FIVE_MINUTES = encoded(`    SELECT
      metric, series, w, n, ex, lo, hi, total, heads[1] AS head, tails[-1] AS tail,
      inside + ${rises("arrayPopBack(tails)", "arrayPopFront(heads)")} AS rise
    FROM
    (
      SELECT metric, series, toStartOfHour(window) AS w, sum(count) AS n, max(e) AS ex, min(min) AS lo, max(max) AS hi,
        sum(sum) AS total, groupArray(first) AS heads, groupArray(last) AS tails, sum(increase) AS inside
      FROM
      (
        SELECT metric, series, window, count, e, min, max, sum, first, last, increase
        FROM samples_5m FINAL
        WHERE ${KEY_RANGE}
          AND ${ROLLED_RANGE}
        ORDER BY metric, series, window
      )
      GROUP BY metric, series, w
    )`);

/** Computes the windows of `range` for the series of `keys` and puts them into the level's table. */
export function rollupBuild(level: RollupLevel, range: WindowRange, keys: KeyRange): Statement {
  return {
    name: `rollup_${level.table}`,
    sql: `INSERT INTO ${level.table} (${COLUMNS})
${level === FIVE_MINUTES ? FROM_RAW : FROM_FIVE_MINUTES}
${SETTINGS}`,
    params: {
      metric0: keys.metrics[0],
      metric1: keys.metrics[1],
      series0: keys.series[0],
      series1: keys.series[1],
      since: range.since,
      until: range.until,
    },
  };
}

const loadRow = z.object({ bucket: z.number(), rows: z.number() });

export type LoadRow = z.infer<typeof loadRow>;

/** How many rows `rollupBuild` would read, by bucket of metrics, buckets in order; empty ones are left out. */
export function rollupLoad(level: RollupLevel, range: WindowRange): Query<LoadRow> {
  const [table, where] = level === FIVE_MINUTES ? ["samples", RAW_RANGE] : ["samples_5m", ROLLED_RANGE];
  return {
    name: "rollup_load",
    sql: `SELECT toFloat64(bitShiftRight(metric, ${BUCKET_BITS})) AS bucket, toFloat64(count()) AS rows
FROM ${table}
WHERE ${where}
GROUP BY bucket
ORDER BY bucket
SETTINGS max_threads = 1`,
    params: { since: range.since, until: range.until },
    row: loadRow,
  };
}
