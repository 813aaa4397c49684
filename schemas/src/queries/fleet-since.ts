import { z } from "zod";
import { IN_NAMED_SERIES, type NamedSeries, namedSeriesParams } from "./gpu-named-series.ts";
import type { Query } from "./query.ts";
import { IS_STALE, SAMPLE_VALUE } from "./sample-value.ts";

const row = z.object({ series: z.string(), since: z.number(), atLeast: z.number() });

export type SinceRow = z.infer<typeof row>;

/** A condition on a sample's value: any of `bits` set, zero, or any value but zero. */
export type Condition =
  | { readonly kind: "bits"; readonly bits: number }
  | { readonly kind: "zero" }
  | { readonly kind: "nonZero" };

/** Needs a column `value` in scope, and conditionParams. */
export function conditionSql(condition: Condition): string {
  if (condition.kind === "zero") return "value = 0";
  if (condition.kind === "nonZero") return "value != 0";
  return "bitAnd(toUInt64(if(value >= 0 AND value < 9e15, value, 0)), {bits:UInt64}) != 0";
}

export function conditionParams(condition: Condition): { bits?: number } {
  return condition.kind === "bits" ? { bits: condition.bits } : {};
}

/**
 * Since when (Unix milliseconds) the condition has held without a break, for series where it holds at `atMs`.
 * `atLeast` = 1: it held through the whole window, so it began earlier than `since`.
 */
export function fleetSince(options: {
  series: readonly NamedSeries[];
  condition: Condition;
  atMs: number;
  windowMs: number;
}): Query<SinceRow> {
  return {
    name: "fleetSince",
    sql: `SELECT
  toString(series) AS series,
  toFloat64(toUnixTimestamp64Milli(if(broken > 0, arrayElement(times, broken + 1), arrayElement(times, 1)))) AS since,
  broken = 0 AS atLeast
FROM
(
  SELECT
    series,
    arraySort(groupArray((ts, holds))) AS history,
    arrayMap(x -> x.1, history) AS times,
    arrayLastIndex(x -> NOT x.2, history) AS broken
  FROM
  (
    SELECT series, ts, ${SAMPLE_VALUE} AS value, ${conditionSql(options.condition)} AS holds
    FROM samples
    WHERE ${IN_NAMED_SERIES}
      AND ts > fromUnixTimestamp64Milli({from:Int64})
      AND ts <= fromUnixTimestamp64Milli({at:Int64})
      AND NOT ${IS_STALE}
  )
  GROUP BY series
)
WHERE length(times) > 0 AND broken < length(times)`,
    params: {
      ...namedSeriesParams(options.series),
      from: options.atMs - options.windowMs,
      at: options.atMs,
      ...conditionParams(options.condition),
    },
    row,
  };
}
