/** What the columns of an import hold, over all of its rows. */
import { z } from "zod";
import { FIELD, IS_MISSING, NUMBER } from "./import-field.ts";
import type { Query } from "./query.ts";

/** JSON has no infinity. */
const number = z.string().transform(Number);

/** A numeric column with no more different values has a cell for each of them. */
export const FEW_VALUES = 20;

const row = z.object({
  missing: z.number(),
  /** Values that are no numbers, and the first of them. */
  texts: z.number(),
  textFile: z.number(),
  textLine: z.number(),
  firstText: z.string(),
  /** About how many different values there are. */
  distinct: z.number(),
  integers: z.number(),
  /** Of the finite ones. */
  least: number,
  most: number,
  /** All different finite values, ascending, where there are no more than FEW_VALUES; else none. */
  values: z.array(z.number()),
});

export type ImportProfileRow = z.infer<typeof row>;

export function importProfile({ table, column }: { table: string; column: string }): Query<ImportProfileRow> {
  return {
    name: "importProfile",
    sql: `SELECT
  toFloat64(countIf(empty)) AS missing,
  toFloat64(countIf(NOT empty AND value IS NULL) AS odd) AS texts,
  (argMinIf((file, line, leftUTF8(field, 60)), (file, line), NOT empty AND value IS NULL) AS first).1 AS textFile,
  toFloat64(first.2) AS textLine,
  first.3 AS firstText,
  toFloat64(uniqCombinedIf(field, NOT empty)) AS distinct,
  toFloat64(countIf(value = floor(value))) AS integers,
  toString(minIf(assumeNotNull(value), isFinite(value))) AS least,
  toString(maxIf(assumeNotNull(value), isFinite(value))) AS most,
  if(length(groupUniqArrayIf(${FEW_VALUES + 1})(assumeNotNull(value), isFinite(value)) AS few) > ${FEW_VALUES}, [], arraySort(few)) AS values
FROM
(
  SELECT
    file,
    line,
    ${FIELD("{column:Identifier}")} AS field,
    ${IS_MISSING("{column:Identifier}")} AS empty,
    ${NUMBER("{column:Identifier}")} AS value
  FROM {table:Identifier}
)`,
    params: { table, column },
    row,
  };
}

const frequent = z.object({ values: z.array(z.number()) });

type Sampled = {
  readonly table: string;
  readonly column: string;
  readonly cells: number;
  /** Of many rows one in so many is asked, always the same ones. */
  readonly every: number;
};

const SAMPLE = `SELECT assumeNotNull(${NUMBER("{column:Identifier}")} AS read) AS value
  FROM {table:Identifier}
  WHERE cityHash64(file, line) % {every:UInt32} = 0 AND isFinite(ifNull(read, nan))`;

/** Values that alone would fill one of `cells` cells of the same share, ascending. */
export function importFrequent({ table, column, cells, every }: Sampled): Query<z.infer<typeof frequent>> {
  return {
    name: "importFrequent",
    sql: `SELECT groupArray(value) AS values
FROM
(
  SELECT value
  FROM
  (
  ${SAMPLE}
  )
  GROUP BY value
  HAVING count() * {cells:UInt32} >= (SELECT count() FROM (${SAMPLE}))
  ORDER BY value
)`,
    params: { table, column, cells, every },
    row: frequent,
  };
}

const quantiles = z.object({ edges: z.array(z.number()) });

/** Values that part the finite ones, without those of `except`, into `cells` of the same share: upper edges, ascending. */
export function importQuantiles(
  options: Sampled & { readonly except: readonly number[] },
): Query<z.infer<typeof quantiles>> {
  const { table, column, cells, every, except } = options;
  const levels = Array.from({ length: cells }, (_, i) => (i + 1) / cells);
  return {
    name: "importQuantiles",
    sql: `SELECT if(count() = 0, [], quantilesExactLow(${levels.join(", ")})(value)) AS edges
FROM
(
  ${SAMPLE}
)
WHERE NOT has({except:Array(Float64)}, value)`,
    params: { table, column, every, except },
    row: quantiles,
  };
}

const badClass = z.object({ bad: z.number(), badFile: z.number(), badLine: z.number(), badText: z.string() });

/** Values of a label that are neither class, and scores outside 0 to 1: how many, and the first. */
export function importNotClass(options: { table: string; column: string }): Query<z.infer<typeof badClass>> {
  return firstBad(
    "importNotClass",
    `lower(${FIELD("{column:Identifier}")}) NOT IN ('1', '1.0', 'true', 'yes', 't', 'y', '0', '0.0', 'false', 'no', 'f', 'n')`,
    options,
  );
}

export function importNotScore(options: { table: string; column: string }): Query<z.infer<typeof badClass>> {
  const value = `toFloat64OrNull(${FIELD("{column:Identifier}")})`;
  return firstBad("importNotScore", `NOT ifNull(${value} BETWEEN 0 AND 1, false)`, options);
}

function firstBad(name: string, condition: string, { table, column }: { table: string; column: string }) {
  return {
    name,
    sql: `SELECT
  toFloat64(count()) AS bad,
  (argMin((file, line, leftUTF8({column:Identifier}, 60)), (file, line)) AS first).1 AS badFile,
  toFloat64(first.2) AS badLine,
  first.3 AS badText
FROM {table:Identifier}
WHERE NOT (${IS_MISSING("{column:Identifier}")}) AND ${condition}`,
    params: { table, column },
    row: badClass,
  };
}
