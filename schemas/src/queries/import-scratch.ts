/** The scratch table of an import: every row as text, until ClickHouse has counted it into histograms. */
import { z } from "zod";
import { FIELD, NUMBER, NUMERIC } from "./import-field.ts";
import type { Query } from "./query.ts";

export type Statement = Omit<Query<never>, "row">;

export const SCRATCH_PREFIX = "import_";

/** Stands where a time cannot be read: before any that ClickHouse can hold. */
export const UNREADABLE = -9_000_000_000_000_000;

/** Numbers below are no times since 1970 that anybody means: 20181030 is a date without dashes. */
const LEAST_EPOCH = 1e8;

/** Milliseconds since 1970 of a text: seconds, milliseconds, micro- or nanoseconds by their size, else ISO 8601, UTC unless it says. */
const MILLISECONDS = `multiIf(
    match(${FIELD("c0")}, ${NUMERIC}), multiIf(
      abs(${NUMBER("c0")}) < ${LEAST_EPOCH}, NULL,
      abs(${NUMBER("c0")}) < 1e11, round(${NUMBER("c0")} * 1000),
      abs(${NUMBER("c0")}) < 1e14, floor(${NUMBER("c0")}),
      abs(${NUMBER("c0")}) < 1e17, floor(${NUMBER("c0")} / 1000),
      abs(${NUMBER("c0")}) < 1e20, floor(${NUMBER("c0")} / 1000000),
      NULL),
    match(${FIELD("c0")}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}'),
      toFloat64(toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull(${FIELD("c0")}, 3, 'UTC'))),
    NULL)`;

/** `columns` texts named c0, c1, ...; the first is the time where `timed`. `note` says whose the table is. */
export function importScratchCreate(options: {
  readonly table: string;
  readonly columns: number;
  readonly timed: boolean;
  readonly note: string;
}): Statement {
  const texts = Array.from({ length: options.columns }, (_, i) => `  c${i} String CODEC(ZSTD(1)),`);
  const at = options.timed
    ? `  at Int64 MATERIALIZED toInt64(ifNull(${MILLISECONDS}, ${UNREADABLE})) CODEC(Delta, ZSTD(1)),\n`
    : "";
  return {
    name: "importScratchCreate",
    sql: `CREATE TABLE IF NOT EXISTS {table:Identifier}
(
  file UInt16 CODEC(ZSTD(1)),
${texts.join("\n")}
${at}  line UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = MergeTree
ORDER BY ${options.timed ? "at" : "(file, line)"}
COMMENT ${quoted(options.note)}`,
    params: { table: options.table },
  };
}

/** ClickHouse takes no parameter for a comment. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

export function importScratchDrop(table: string): Statement {
  return { name: "importScratchDrop", sql: "DROP TABLE IF EXISTS {table:Identifier}", params: { table } };
}

const leftover = z.object({ table: z.string(), note: z.string() });
export type ImportLeftoverRow = z.infer<typeof leftover>;

/** Tables of imports that have not ended. */
export function importLeftovers(): Query<ImportLeftoverRow> {
  return {
    name: "importLeftovers",
    sql: `SELECT name AS table, comment AS note
FROM system.tables
WHERE database = currentDatabase() AND startsWith(name, {prefix:String})
ORDER BY table`,
    params: { prefix: SCRATCH_PREFIX },
    row: leftover,
  };
}

const sent = z.object({ rows: z.number() });

/** How many rows have arrived. They are sent in the order of the files, each post whole or not at all. */
export function importSent(table: string): Query<z.infer<typeof sent>> {
  return {
    name: "importSent",
    sql: "SELECT toFloat64(count()) AS rows FROM {table:Identifier}",
    params: { table },
    row: sent,
  };
}

const times = z.object({
  rows: z.number(),
  firstAt: z.number(),
  lastAt: z.number(),
  unreadable: z.number(),
  badFile: z.number(),
  badLine: z.number(),
  badText: z.string(),
});
export type ImportTimesRow = z.infer<typeof times>;

/** From when to when its readable times go, and the first that cannot be read. Times in Unix ms. */
export function importTimes(table: string): Query<ImportTimesRow> {
  return {
    name: "importTimes",
    sql: `SELECT
  toFloat64(count()) AS rows,
  toFloat64(minIf(at, at != {unreadable:Int64})) AS firstAt,
  toFloat64(max(at)) AS lastAt,
  toFloat64(countIf(at = {unreadable:Int64})) AS unreadable,
  (argMinIf((file, line, leftUTF8(c0, 60)), (file, line), at = {unreadable:Int64}) AS bad).1 AS badFile,
  toFloat64(bad.2) AS badLine,
  bad.3 AS badText
FROM {table:Identifier}`,
    params: { table, unreadable: UNREADABLE },
    row: times,
  };
}
