import { z } from "zod";
import { gridParams, WINDOW_UNTIL, type WindowGrid } from "./drift-window-key.ts";
import type { Query } from "./query.ts";

const row = z.object({ model: z.string(), windows: z.number(), weeks: z.number(), firstAt: z.number() });

export type DriftStretchRow = z.infer<typeof row>;

/** Of a model: its windows in [fromMs, toMs). */
export type Stretch = {
  readonly model: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Only of this version where it is not empty. */
  readonly version: string;
  /** Only windows that begin in one hour of the week, counted from `offsetMs` on (the hour's own place in its week); -1: in any. */
  readonly hour: number;
  readonly offsetMs: number;
};

const SINCE_MS = "toUnixTimestamp64Milli(histograms.since)";
export const HOUR_OF_WEEK = (offset: string) => `intDiv(${SINCE_MS} - ${offset}, 3600000) % 168`;

/** Asked of rows of `histograms` that were joined with what `stretchRows` gives. */
export const IN_STRETCH = `${SINCE_MS} >= low
  AND toUnixTimestamp64Milli(histograms.until) <= high
  AND (ofVersion = '' OR histograms.version = ofVersion)
  AND (hour < 0 OR ${HOUR_OF_WEEK("offset")} = hour)`;

/** One row for each stretch: its columns name, low, high, ofVersion, hour and offset. */
export const STRETCH_ROWS = `(
  SELECT asked.1 AS name, asked.2 AS low, asked.3 AS high, asked.4 AS ofVersion, asked.5 AS hour, asked.6 AS offset, asked.7 AS every
  FROM (SELECT arrayJoin(arrayZip({of:Array(String)}, {froms:Array(Int64)}, {tos:Array(Int64)}, {versions:Array(String)}, {hours:Array(Int64)}, {offsets:Array(Int64)}, {every:Array(Int64)})) AS asked)
) AS stretches`;

/** `every`: of each stretch, one window in so many. */
export function stretchParams(of: readonly Stretch[], every: readonly number[]) {
  return {
    of: of.map(({ model }) => model),
    froms: of.map(({ fromMs }) => fromMs),
    tos: of.map(({ toMs }) => toMs),
    versions: of.map(({ version }) => version),
    hours: of.map(({ hour }) => hour),
    offsets: of.map(({ offsetMs }) => offsetMs),
    every: [...every],
    first: Math.min(...of.map(({ fromMs }) => fromMs)),
    last: Math.max(...of.map(({ toMs }) => toMs)),
  };
}

/** How many windows stretches of models have, from when on, and in how many of the weeks before their end. One stretch a model. */
export function driftStretch(options: WindowGrid & { readonly of: readonly Stretch[] }): Query<DriftStretchRow> {
  return {
    name: "driftStretch",
    sql: `SELECT
  histograms.model AS model,
  toFloat64(uniqExact(${WINDOW_UNTIL})) AS windows,
  toFloat64(uniqExact(intDiv(high - ${SINCE_MS} - 1, 604800000))) AS weeks,
  toFloat64(min(${SINCE_MS})) AS firstAt
FROM histograms
INNER JOIN ${STRETCH_ROWS} ON stretches.name = histograms.model
WHERE histograms.model IN {of:Array(String)}
  AND histograms.since >= fromUnixTimestamp64Milli({first:Int64})
  AND histograms.since < fromUnixTimestamp64Milli({last:Int64})
  AND every > 0
  AND ${IN_STRETCH}
GROUP BY histograms.model`,
    params: {
      ...gridParams(options),
      ...stretchParams(
        options.of,
        options.of.map(() => 1),
      ),
    },
    row,
  };
}
