import { z } from "zod";
import { metricId } from "../domain/metric-id.ts";
import type { Query } from "./query.ts";
import { IS_STALE, SAMPLE_VALUE } from "./sample-value.ts";

const row = z.object({
  series: z.string(),
  labels: z.record(z.string(), z.string()),
  firstSeen: z.number(),
  at: z.number(),
  value: z.number(),
});

export type XidChangeRow = z.infer<typeof row>;

/** Holds the last code; a repeat of the same code does not show in it. */
const GAUGE = "DCGM_FI_DEV_XID_ERRORS";
/** Counts in a window, a series for each code, there only while it counts something. */
const COUNT = "DCGM_EXP_XID_ERRORS_COUNT";

/**
 * What the Xid metrics said in (fromMs, toMs], in the order of time: of the gauge the first sample of each series and
 * those that differ from the one before, of the counts every sample. Times are Unix ms.
 */
export function xidChanges(options: { fromMs: number; toMs: number; limit: number }): Query<XidChangeRow> {
  const { fromMs, toMs, limit } = options;
  return {
    name: "xidChanges",
    sql: `SELECT toString(id) AS series, labels, firstSeen, at, value
FROM
(
  SELECT
    series AS id,
    metric AS name,
    toFloat64(toUnixTimestamp64Milli(ts)) AS at,
    ${SAMPLE_VALUE} AS value,
    row_number() OVER (PARTITION BY series ORDER BY ts) AS place,
    lagInFrame(value) OVER (PARTITION BY series ORDER BY ts ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
  FROM samples
  WHERE samples.metric IN {ids:Array(UInt32)}
    AND ts > fromUnixTimestamp64Milli({from:Int64})
    AND ts <= fromUnixTimestamp64Milli({to:Int64})
    AND NOT ${IS_STALE}
) AS seen
INNER JOIN
(
  SELECT
    series AS id,
    any(series.labels) AS labels,
    toFloat64(toUnixTimestamp64Milli(min(first_seen))) AS firstSeen
  FROM series
  WHERE metric IN {metrics:Array(String)}
  GROUP BY series
) AS told USING (id)
WHERE (place = 1 OR value != before OR name = {count:UInt32}) AND isFinite(value)
ORDER BY at, id
LIMIT {limit:UInt32}`,
    params: {
      metrics: [GAUGE, COUNT],
      ids: [metricId(GAUGE), metricId(COUNT)],
      count: metricId(COUNT),
      from: fromMs,
      to: toMs,
      limit,
    },
    row,
  };
}
