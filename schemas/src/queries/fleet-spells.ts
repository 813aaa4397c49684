import { z } from "zod";
import { metricId } from "../domain/metric-id.ts";
import type { Grid } from "./gpu-grid.ts";
import { IN_NAMED_SERIES, type NamedSeries, namedSeriesParams } from "./gpu-named-series.ts";
import type { Query } from "./query.ts";
import { IS_STALE, SAMPLE_VALUE } from "./sample-value.ts";

const row = z.object({
  series: z.string(),
  first: z.number(),
  last: z.number(),
  value: z.number(),
});

export type SpellRow = z.infer<typeof row>;

/** A condition on a sample's value: any of `bits` set, zero, or any value but zero. */
export type Condition =
  | { readonly kind: "bits"; readonly bits: number }
  | { readonly kind: "zero" }
  | { readonly kind: "nonZero" };

function conditionSql(condition: Condition): string {
  if (condition.kind === "zero") return "value = 0";
  if (condition.kind === "nonZero") return "value != 0";
  return "bitAnd(toUInt64(if(value >= 0 AND value < 9e15, value, 0)), {bits:UInt64}) != 0";
}

function conditionParams(condition: Condition): { bits?: number } {
  return condition.kind === "bits" ? { bits: condition.bits } : {};
}

/** Every series of these metrics, or only the named ones. */
export type SpellScope = { readonly metrics: readonly string[] } | { readonly series: readonly NamedSeries[] };

/** More steps than this are not read: a list of what happened is then told to be incomplete. */
export const MAX_SPELL_ROWS = 5_000;

/**
 * Where in the grid's range the condition held, by series: for each step with such a sample the times (Unix
 * milliseconds) of the first and the last one in it, and the newest value. Oldest first within a series; of more than
 * MAX_SPELL_ROWS steps the newest are kept.
 */
export function fleetSpells(options: { scope: SpellScope; condition: Condition; grid: Grid }): Query<SpellRow> {
  const { scope } = options;
  const named = "series" in scope;
  return {
    name: "fleetSpells",
    sql: `SELECT toString(series) AS series, first, last, newest AS value
FROM
(
  SELECT
    series,
    intDiv(toUnixTimestamp64Milli(ts) - {from:Int64}, {step:Int64}) AS position,
    toFloat64(toUnixTimestamp64Milli(min(ts))) AS first,
    toFloat64(toUnixTimestamp64Milli(max(ts))) AS last,
    argMax(value, ts) AS newest
  FROM
  (
    SELECT series, ts, ${SAMPLE_VALUE} AS value
    FROM samples
    WHERE ${named ? IN_NAMED_SERIES : "metric IN {metrics:Array(UInt32)}"}
      AND ts > fromUnixTimestamp64Milli({from:Int64})
      AND ts <= fromUnixTimestamp64Milli({to:Int64})
      AND NOT ${IS_STALE}
      AND isFinite(value)
      AND ${conditionSql(options.condition)}
  )
  GROUP BY series, position
  ORDER BY last DESC
  LIMIT {limit:UInt64}
)
ORDER BY series, first`,
    params: {
      ...(named ? namedSeriesParams(scope.series) : { metrics: scope.metrics.map(metricId) }),
      from: options.grid.fromMs,
      to: options.grid.toMs,
      step: options.grid.stepMs,
      limit: MAX_SPELL_ROWS,
      ...conditionParams(options.condition),
    },
    row,
  };
}
