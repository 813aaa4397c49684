import { z } from "zod";
import { metricId } from "../domain/metric-id.ts";
import type { Query } from "./query.ts";
import { IS_STALE, SAMPLE_VALUE } from "./sample-value.ts";

const row = z.object({ series: z.string(), since: z.number(), atLeast: z.number() });

export type SinceRow = z.infer<typeof row>;

/** Series ids travel in the URL of the query: more than this many would not fit into a request line. */
export const MAX_SERIES_PARAMS = 300;

/** A condition on a sample's value: any of `bits` set, or any value but zero. */
export type Condition = { readonly kind: "bits"; readonly bits: number } | { readonly kind: "nonZero" };

function conditionSql(condition: Condition): string {
  if (condition.kind === "nonZero") return "value != 0";
  return "bitAnd(toUInt64(if(value >= 0 AND value < 9e15, value, 0)), {bits:UInt64}) != 0";
}

/**
 * Since when (Unix milliseconds) the condition has held without a break, for series where it holds at `atMs`.
 * `atLeast` = 1: it held through the whole window, so it began earlier than `since`.
 */
export function fleetSince(options: {
  metrics: readonly string[];
  series: readonly string[];
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
    WHERE metric IN {metrics:Array(UInt32)}
      AND series IN (SELECT toUInt64(arrayJoin({series:Array(String)})))
      AND ts > fromUnixTimestamp64Milli({from:Int64})
      AND ts <= fromUnixTimestamp64Milli({at:Int64})
      AND NOT ${IS_STALE}
  )
  GROUP BY series
)
WHERE length(times) > 0 AND broken < length(times)`,
    params: {
      metrics: options.metrics.map(metricId),
      series: options.series.slice(0, MAX_SERIES_PARAMS),
      from: options.atMs - options.windowMs,
      at: options.atMs,
      ...(options.condition.kind === "bits" ? { bits: options.condition.bits } : {}),
    },
    row,
  };
}
