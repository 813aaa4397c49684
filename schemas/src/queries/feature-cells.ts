import { z } from "zod";
import { cellRow, SHAPE, SUMMED_CELLS } from "./feature-cell-rows.ts";
import type { Query } from "./query.ts";

const row = cellRow.extend({
  version: z.string(),
  replica: z.string(),
  labels: z.record(z.string(), z.string()),
});

export type FeatureCellsRow = z.infer<typeof row>;

export type Stretch = { readonly fromMs: number; readonly toMs: number };

export type FeatureCellsOptions = {
  readonly model: string;
  readonly kind: string;
  readonly feature: string;
  /** Windows that lie in one of these. */
  readonly stretches: readonly Stretch[];
  /** Of every version where absent; so are the replicas to leave out. */
  readonly version?: string;
  readonly exceptReplica?: string;
  /** A row for each version, replica and set of labels; else one for each shape of histogram. */
  readonly apart: boolean;
  readonly limit: number;
};

/** A feature's histograms over stretches of time, added up; the largest first. */
export function featureCells(options: FeatureCellsOptions): Query<FeatureCellsRow> {
  const { model, kind, feature, stretches, version, exceptReplica, apart, limit } = options;
  const parts = apart ? "histograms.version, histograms.replica, histograms.labels, " : "";
  const named = apart
    ? "histograms.version AS version,\n  histograms.replica AS replica,\n  histograms.labels AS labels"
    : "'' AS version,\n  '' AS replica,\n  map() AS labels";
  return {
    name: "featureCells",
    sql: `SELECT
  ${named},
  ${SUMMED_CELLS}
FROM histograms FINAL
WHERE histograms.model = {model:String}
  AND histograms.kind = {kind:String}
  AND histograms.feature = {feature:String}
  AND histograms.since >= fromUnixTimestamp64Milli({first:Int64})
  AND histograms.since < fromUnixTimestamp64Milli({last:Int64})
  AND arrayExists(
    (low, high) -> histograms.since >= fromUnixTimestamp64Milli(low) AND histograms.until <= fromUnixTimestamp64Milli(high),
    {froms:Array(Int64)},
    {tos:Array(Int64)}
  )${version === undefined ? "" : "\n  AND histograms.version = {version:String}"}${exceptReplica === undefined ? "" : "\n  AND histograms.replica != {except:String}"}
GROUP BY ${parts}${SHAPE}
ORDER BY sum(histograms.count) DESC
LIMIT {limit:UInt32}`,
    params: {
      model,
      kind,
      feature,
      first: Math.min(...stretches.map(({ fromMs }) => fromMs)),
      last: Math.max(...stretches.map(({ toMs }) => toMs)),
      froms: stretches.map(({ fromMs }) => fromMs),
      tos: stretches.map(({ toMs }) => toMs),
      limit,
      ...(version !== undefined && { version }),
      ...(exceptReplica !== undefined && { except: exceptReplica }),
    },
    row,
  };
}
