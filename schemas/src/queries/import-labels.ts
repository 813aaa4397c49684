/** Labels that come late: they find the windows of their predictions by the ids that `awaited_labels` keeps. */
import { z } from "zod";
import { CLASS, FIELD, IS_MISSING } from "./import-field.ts";
import type { Statement } from "./import-scratch.ts";
import type { Query } from "./query.ts";

export type ImportLabels = {
  /** Scratch table of the file: ids and labels. */
  readonly table: string;
  /** What of it was awaited: beside the scratch table, and only complete once it is said to be. */
  readonly matched: string;
  readonly model: string;
  readonly id: string;
  readonly label: string;
  readonly positive?: string;
};

export function importMatchedCreate({ matched, note }: { matched: string; note: string }): Statement {
  return {
    name: "importMatchedCreate",
    sql: `CREATE OR REPLACE TABLE {matched:Identifier}
(version String, id String, since DateTime64(3, 'UTC'), until DateTime64(3, 'UTC'), score Float64, class UInt8)
ENGINE = MergeTree ORDER BY id
COMMENT '${note.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`,
    params: { matched },
  };
}

/** An id that occurs twice counts once, by its last line. */
export function importMatch({ table, matched, model, id, label, positive }: ImportLabels): Statement {
  return {
    name: "importMatch",
    sql: `INSERT INTO {matched:Identifier}
SELECT version, awaited.id, since, until, score, class
FROM
(
  SELECT ${FIELD("{id:Identifier}")} AS id, assumeNotNull(argMax(known, (file, line))) AS class
  FROM
  (
    SELECT {id:Identifier}, file, line, ${CLASS("{label:Identifier}", positive !== undefined)} AS known
    FROM {table:Identifier}
  )
  WHERE isNotNull(known)
  GROUP BY id
) AS told
INNER JOIN
(
  SELECT version, id, since, until, score
  FROM awaited_labels FINAL
  WHERE model = {model:String}
) AS awaited ON awaited.id = told.id
SETTINGS join_algorithm = 'grace_hash', max_bytes_before_external_group_by = 100000000`,
    params: { table, matched, model, id, label, ...(positive !== undefined && { positive }) },
  };
}

export function importMatchComplete({ matched, note }: { matched: string; note: string }): Statement {
  return {
    name: "importMatchComplete",
    sql: `ALTER TABLE {matched:Identifier} MODIFY COMMENT '${note.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`,
    params: { matched },
  };
}

/** They are awaited no more: another file with the same ids must not count them twice. */
export function importMatchedForget({ matched, model }: { matched: string; model: string }): Statement {
  return {
    name: "importMatchedForget",
    sql: `DELETE FROM awaited_labels WHERE model = {model:String} AND id IN (SELECT id FROM {matched:Identifier})`,
    params: { matched, model },
  };
}

export type ImportLabelBins = {
  readonly matched: string;
  readonly model: string;
  /** The score's feature where a model has several. */
  readonly feature: string;
  readonly bounds: readonly number[];
  readonly origin: string;
  readonly seenMs: number;
};

/** Rows of `histograms` that count nothing but labels, in the windows and cells of their predictions. */
export function importLabelBins({ matched, model, feature, bounds, origin, seenMs }: ImportLabelBins): Statement {
  const byCell = (values: string) =>
    `arrayMap(i -> if(indexOf(cells, i) = 0, 0, ${values}[indexOf(cells, i)]), range({cells:UInt32}))`;
  return {
    name: "importLabelBins",
    sql: `INSERT INTO histograms (model, version, replica, kind, feature, since, until, source, origin, bounds, counts, labelled, positives, score_sums, missing, count, seen)
WITH
  {inner:Array(Float64)} AS inner,
  arrayReverse(arrayMap(edge -> -edge, inner)) AS mirrored
SELECT {model:String}, version, '', 'score', {feature:String}, since, until, 'import', {origin:String},
  arrayConcat([{lowest:Float64}], inner, [{highest:Float64}]), arrayMap(i -> 0, range({cells:UInt32})),
  ${byCell("known")}, ${byCell("ones")}, ${byCell("scores")}, 0, 0, fromUnixTimestamp64Milli({seen:Int64}, 'UTC')
FROM
(
  SELECT version, since, until, groupArray(cell) AS cells, groupArray(n) AS known, groupArray(n1) AS ones, groupArray(s) AS scores
  FROM
  (
    SELECT version, since, until,
      toInt64(multiIf(
        empty(inner), 0,
        score > inner[-1], length(inner),
        score <= inner[1], 0,
        indexOf(inner, -roundDown(-score, mirrored)) - 1)) AS cell,
      count() AS n,
      countIf(class = 1) AS n1,
      sum(score) AS s
    FROM {matched:Identifier}
    GROUP BY version, since, until, cell
  )
  GROUP BY version, since, until
)
SETTINGS max_partitions_per_insert_block = 0`,
    params: {
      matched,
      model,
      feature,
      origin,
      seen: seenMs,
      inner: bounds.slice(1, -1),
      lowest: String(bounds[0]).replace("-Infinity", "-inf"),
      highest: String(bounds.at(-1)).replace("Infinity", "inf"),
      cells: bounds.length - 1,
    },
  };
}

const counted = z.object({
  rows: z.number(),
  ids: z.number(),
  unlabelled: z.number(),
});

/** Of a file of labels: its rows, the different ids among them, and rows without id or label. */
export function importLabelRows({
  table,
  id,
  label,
}: Pick<ImportLabels, "table" | "id" | "label">): Query<z.infer<typeof counted>> {
  return {
    name: "importLabelRows",
    sql: `SELECT
  toFloat64(count()) AS rows,
  toFloat64(uniqExactIf(sipHash64(${FIELD("{id:Identifier}")}), NOT absent)) AS ids,
  toFloat64(countIf(${IS_MISSING("{id:Identifier}")} OR ${IS_MISSING("{label:Identifier}")} AS absent)) AS unlabelled
FROM {table:Identifier}`,
    params: { table, id, label },
    row: counted,
  };
}

const matchedCount = z.object({ ids: z.number(), windows: z.number() });

export function importMatched(matched: string): Query<z.infer<typeof matchedCount>> {
  return {
    name: "importMatched",
    sql: `SELECT toFloat64(count()) AS ids, toFloat64(uniqExact(since, until)) AS windows
FROM {matched:Identifier}`,
    params: { matched },
    row: matchedCount,
  };
}

const scores = z.object({ feature: z.string(), bounds: z.array(z.string().transform(toEdge)) });

/** Scores that a model has, and their cells; of imports the first. */
export function importScores({ model }: { model: string }): Query<z.infer<typeof scores>> {
  return {
    name: "importScores",
    sql: `SELECT feature, arrayMap(edge -> toString(edge), argMin(histograms.bounds, (source != 'import', seen))) AS bounds
FROM histograms
WHERE model = {model:String} AND kind = 'score' AND notEmpty(histograms.bounds)
GROUP BY feature
ORDER BY feature
LIMIT 100`,
    params: { model },
    row: scores,
  };
}

function toEdge(text: string): number {
  return text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text);
}
