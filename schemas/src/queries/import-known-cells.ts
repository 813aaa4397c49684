import { z } from "zod";
import type { Statement } from "./import-scratch.ts";
import type { Query } from "./query.ts";

/** 'inf' and '-inf' travel as text: JSON has no such number. */
const edge = z.string().transform((text) => (text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text)));

const row = z.object({
  kind: z.string(),
  feature: z.string(),
  /** None where it has categories. */
  bounds: z.array(edge),
});

export type ImportKnownCellsRow = z.infer<typeof row>;

/** Cells that a model's features have already: of imports before other sources, the first before later ones. */
export function importKnownCells({ model }: { model: string }): Query<ImportKnownCellsRow> {
  return {
    name: "importKnownCells",
    sql: `SELECT kind, feature, arrayMap(edge -> toString(edge), argMin(histograms.bounds, (source != 'import', seen))) AS bounds
FROM histograms
WHERE model = {model:String} AND isNull(scale) AND (notEmpty(histograms.bounds) OR notEmpty(categories))
GROUP BY kind, feature
ORDER BY kind, feature
LIMIT 100000`,
    params: { model },
    row,
  };
}

const done = z.object({
  origin: z.string(),
  kind: z.string(),
  feature: z.string(),
  windows: z.number(),
  count: z.number(),
});

/** What of a file's content is in the histograms of a model, under whatever plan. */
export function importDone({ model, content }: { model: string; content: string }): Query<z.infer<typeof done>> {
  return {
    name: "importDone",
    sql: `SELECT
  arrayElement(splitByChar('/', histograms.origin), 2) AS origin,
  kind,
  feature,
  toFloat64(uniqExact(since)) AS windows,
  toFloat64(sum(histograms.count)) AS count
FROM histograms FINAL
WHERE model = {model:String} AND source = 'import' AND startsWith(histograms.origin, {content:String})
GROUP BY origin, kind, feature
ORDER BY origin, kind, feature
LIMIT 100000`,
    params: { model, content },
    row: done,
  };
}

/** Removes what was counted of an import: rows whose origin begins so. */
export function importForget({ model, origin }: { model: string; origin: string }): Statement {
  return {
    name: "importForget",
    sql: "DELETE FROM histograms WHERE model = {model:String} AND source = 'import' AND startsWith(origin, {origin:String})",
    params: { model, origin },
  };
}
