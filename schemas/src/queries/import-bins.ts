/** Counts an import's rows into rows of `histograms`, a feature at a time: what is in memory are cells, not rows. */
import { CATEGORY, CLASS, FIELD, IS_MISSING, NUMBER } from "./import-field.ts";
import type { Statement } from "./import-scratch.ts";

export type ImportSegment = { readonly name: string; readonly column: string };

/** What all features of an import have alike. */
export type ImportRows = {
  readonly table: string;
  readonly windows: string;
  readonly model: string;
  readonly version: string;
  readonly replica?: string;
  readonly segments: readonly ImportSegment[];
  /** Of the content and the plan. */
  readonly origin: string;
  readonly seenMs: number;
};

export type ImportFeature = { readonly kind: string; readonly feature: string; readonly column: string };

/** One insert may reach over more months than ClickHouse would have it by default. */
const SETTINGS = "SETTINGS max_partitions_per_insert_block = 0";

const OWN_COLUMNS =
  "model, version, replica, labels, kind, feature, since, until, source, origin, missing, count, seen";

/** Of the windows: the beginning of each, and which end belongs to it. */
const WINDOWS = `(SELECT groupArray(since) FROM (SELECT since FROM {windows:Identifier} ORDER BY since)) AS starts,
  (SELECT groupArray(until) FROM (SELECT until FROM {windows:Identifier} ORDER BY since)) AS ends`;

function ownValues({ segments }: ImportRows): string {
  const part = segments.length === 0 ? "" : ", '/', hex(sipHash64(labels))";
  return `{model:String}, {version:String}, replica, labels, {kind:String}, {feature:String},
  fromUnixTimestamp64Milli(w, 'UTC'), fromUnixTimestamp64Milli(transform(w, starts, ends, w), 'UTC'),
  'import', concat({origin:String}${part}), missing, total, fromUnixTimestamp64Milli({seen:Int64}, 'UTC')`;
}

function keyOf({ replica, segments }: ImportRows): string {
  const labels = segments.map(({ name, column }) => `${text(name)}, ${absentOr(column)}`);
  return `roundDown(at, starts) AS w,
    ${replica === undefined ? "''" : absentOr(replica)} AS replica,
    CAST(map(${labels.join(", ")}), 'Map(String, String)') AS labels`;
}

function absentOr(column: string): string {
  return `if(${IS_MISSING(column)}, '', ${CATEGORY(column)})`;
}

/** Names of columns are of the file: they are written as ClickHouse reads them back. */
function text(name: string): string {
  return `'${name.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function paramsOf(rows: ImportRows, { kind, feature, column }: ImportFeature) {
  const { table, windows, model, version, origin, seenMs } = rows;
  return { table, windows, model, version, origin, seen: seenMs, kind, feature, column };
}

/** Cell by cell of a group: what `values` holds where the cell occurs, else 0. */
function byCell(values: string): string {
  return `arrayMap(i -> if(indexOf(cells, i) = 0, 0, ${values}[indexOf(cells, i)]), range({cells:UInt32}))`;
}

export type ImportNumbers = ImportRows &
  ImportFeature & {
    /** Edges, ascending, one more than cells; only the outer two may be infinite. */
    readonly bounds: readonly number[];
    /** Of a score: the column of the label, where there is one; `positive` is the text of class 1 where it is told. */
    readonly label?: { readonly column: string; readonly positive?: string };
  };

/**
 * A value is in the cell whose upper edge is the first that is not below it; the lowest edge belongs to the first cell. What is
 * below all bounds is in the first cell, what is above them in the last: callers have open outer cells, or know that there is none.
 */
export function importNumberBins(options: ImportNumbers): Statement {
  const { bounds, label } = options;
  const labelled = label !== undefined;
  const classOf = labelled
    ? CLASS("{label:Identifier}", label.positive !== undefined)
    : "CAST(NULL, 'Nullable(UInt8)')";
  const sums = labelled
    ? `,
  ${byCell("known")}, ${byCell("ones")}, ${byCell("scores")}`
    : "";
  return {
    name: "importNumberBins",
    sql: `INSERT INTO histograms (${OWN_COLUMNS}, bounds, counts, sum${labelled ? ", labelled, positives, score_sums" : ""})
WITH
  ${WINDOWS},
  {inner:Array(Float64)} AS inner,
  arrayReverse(arrayMap(edge -> -edge, inner)) AS mirrored
SELECT ${ownValues(options)},
  arrayConcat([{lowest:Float64}], inner, [{highest:Float64}]), ${byCell("ns")}, if(isFinite(sums), sums, NULL)${sums}
FROM
(
  SELECT w, replica, labels,
    groupArrayIf(cell, cell >= 0) AS cells,
    groupArrayIf(n, cell >= 0) AS ns,
    sumIf(n, cell >= 0) AS total,
    sumIf(n, cell < 0) AS missing,
    sumIf(s, cell >= 0) AS sums,
    groupArrayIf(nKnown, cell >= 0) AS known,
    groupArrayIf(nOnes, cell >= 0) AS ones,
    groupArrayIf(sKnown, cell >= 0) AS scores
  FROM
  (
    SELECT w, replica, labels,
      toInt64(multiIf(
        isNull(value), -1,
        empty(inner), 0,
        value > inner[-1], length(inner),
        value <= inner[1], 0,
        indexOf(inner, -roundDown(-assumeNotNull(value), mirrored)) - 1)) AS cell,
      count() AS n,
      sum(ifNull(value, 0)) AS s,
      countIf(isNotNull(class)) AS nKnown,
      countIf(ifNull(class, 0) = 1) AS nOnes,
      sumIf(ifNull(value, 0), isNotNull(class)) AS sKnown
    FROM
    (
      SELECT ${keyOf(options)},
        ${NUMBER("{column:Identifier}")} AS value,
        ${classOf} AS class
      FROM {table:Identifier}
    )
    GROUP BY w, replica, labels, cell
  )
  GROUP BY w, replica, labels
)
${SETTINGS}`,
    params: {
      ...paramsOf(options, options),
      inner: bounds.slice(1, -1),
      lowest: edge(bounds[0]!),
      highest: edge(bounds.at(-1)!),
      cells: bounds.length - 1,
      ...(labelled && { label: label.column }),
      ...(label?.positive !== undefined && { positive: label.positive }),
    },
  };
}

function edge(value: number): string {
  return value === Infinity ? "inf" : value === -Infinity ? "-inf" : String(value);
}

/** Names that have a count of their own: the most frequent, and those that the feature has had before. Others are one. */
export const KEPT_NAMES = 50;
const KNOWN_NAMES = 200;
const OTHER_NAME = "__other__";

export function importCategoryBins(options: ImportRows & ImportFeature): Statement {
  return {
    name: "importCategoryBins",
    sql: `INSERT INTO histograms (${OWN_COLUMNS}, categories)
WITH
  ${WINDOWS},
  (
    SELECT arrayConcat(groupUniqArray(${KNOWN_NAMES})(name), ['${OTHER_NAME}'])
    FROM
    (
      SELECT name FROM
      (
        SELECT ${CATEGORY("{column:Identifier}")} AS name, count() AS n
        FROM {table:Identifier}
        WHERE NOT (${IS_MISSING("{column:Identifier}")})
        GROUP BY name ORDER BY n DESC, name LIMIT ${KEPT_NAMES}
      )
      UNION ALL
      SELECT name FROM
      (
        SELECT arrayJoin(mapKeys(categories)) AS name, min(seen) AS first
        FROM histograms
        WHERE model = {model:String} AND kind = {kind:String} AND feature = {feature:String} AND source = 'import'
        GROUP BY name ORDER BY first, name LIMIT ${KNOWN_NAMES - KEPT_NAMES}
      )
    )
  ) AS kept
SELECT ${ownValues(options)}, CAST((names, ns), 'Map(String, UInt64)')
FROM
(
  SELECT w, replica, labels,
    groupArrayIf(name, NOT absent) AS names,
    groupArrayIf(n, NOT absent) AS ns,
    sumIf(n, NOT absent) AS total,
    sumIf(n, absent) AS missing
  FROM
  (
    SELECT w, replica, labels, absent, if(absent OR has(kept, field), field, '${OTHER_NAME}') AS name, count() AS n
    FROM
    (
      SELECT ${keyOf(options)},
        ${IS_MISSING("{column:Identifier}")} AS absent,
        if(absent, '', ${CATEGORY("{column:Identifier}")}) AS field
      FROM {table:Identifier}
    )
    GROUP BY w, replica, labels, absent, name
  )
  GROUP BY w, replica, labels
)
${SETTINGS}`,
    params: paramsOf(options, options),
  };
}

export type ImportAwaited = Pick<ImportRows, "table" | "windows" | "model" | "version" | "seenMs"> & {
  readonly id: string;
  readonly score: string;
  readonly label?: { readonly column: string };
};

/** Rows with a score and no label yet, so that the label finds their window when it comes. */
export function importAwaited({ table, windows, model, version, seenMs, id, score, label }: ImportAwaited): Statement {
  const open = label === undefined ? "" : `\n  AND ${IS_MISSING("{label:Identifier}")}`;
  return {
    name: "importAwaited",
    sql: `INSERT INTO awaited_labels (model, version, id, since, until, score, seen)
WITH
  ${WINDOWS}
SELECT {model:String}, {version:String}, ${FIELD("{id:Identifier}")},
  fromUnixTimestamp64Milli(roundDown(at, starts) AS w, 'UTC'), fromUnixTimestamp64Milli(transform(w, starts, ends, w), 'UTC'),
  assumeNotNull(${NUMBER("{score:Identifier}")} AS value), fromUnixTimestamp64Milli({seen:Int64}, 'UTC')
FROM {table:Identifier}
WHERE isNotNull(value) AND NOT (${IS_MISSING("{id:Identifier}")})${open}`,
    params: {
      table,
      windows,
      model,
      version,
      seen: seenMs,
      id,
      score,
      ...(label !== undefined && { label: label.column }),
    },
  };
}
