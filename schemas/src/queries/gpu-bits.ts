import { z } from "zod";
import type { Grid } from "./gpu-grid.ts";
import { IN_NAMED_SERIES, type NamedSeries, namedSeriesParams } from "./gpu-named-series.ts";
import type { Query } from "./query.ts";
import { IS_STALE, SAMPLE_VALUE } from "./sample-value.ts";

const row = z.object({ series: z.string(), position: z.number(), bits: z.number() });

export type BitsRow = z.infer<typeof row>;

/**
 * Every bit that was set in any sample of each step of the grid, so that a short throttle is not lost between two points
 * of a long range. `position` counts the steps from 0; steps without a sample are left out.
 */
export function gpuBits(options: { series: readonly NamedSeries[]; grid: Grid }): Query<BitsRow> {
  return {
    name: "gpuBits",
    sql: `SELECT
  toString(series) AS series,
  toFloat64(intDiv(toUnixTimestamp64Milli(ts) - {from:Int64}, {step:Int64})) AS position,
  toFloat64(groupBitOr(toUInt64(value))) AS bits
FROM
(
  SELECT series, ts, ${SAMPLE_VALUE} AS value
  FROM samples
  WHERE ${IN_NAMED_SERIES}
    AND ts >= fromUnixTimestamp64Milli({from:Int64})
    AND ts <= fromUnixTimestamp64Milli({to:Int64})
    AND NOT ${IS_STALE}
)
WHERE value >= 0 AND value < 9e15
GROUP BY series, position
ORDER BY series, position`,
    params: {
      ...namedSeriesParams(options.series),
      from: options.grid.fromMs,
      to: options.grid.toMs,
      step: options.grid.stepMs,
    },
    row,
  };
}
