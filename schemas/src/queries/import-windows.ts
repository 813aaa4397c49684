/** Windows of an import, kept beside its scratch table so that every feature is counted into the same ones. */
import { z } from "zod";
import type { Statement } from "./import-scratch.ts";
import type { Query } from "./query.ts";

const span = z.object({ windowMs: z.number(), windows: z.number(), usual: z.number() });
export type ImportSpanRow = z.infer<typeof span>;

/** Of grids of windows: how many have rows, and how many rows half of these have at the least. Shortest first. */
export function importSpans({ table, windowMs }: { table: string; windowMs: readonly number[] }): Query<ImportSpanRow> {
  return {
    name: "importSpans",
    sql: `SELECT
  toFloat64(span) AS windowMs,
  toFloat64(count()) AS windows,
  quantileExactLow(0.5)(toFloat64(n)) AS usual
FROM
(
  SELECT arrayJoin({spans:Array(Int64)}) AS span, intDiv(at - positiveModulo(at, span), span) AS place, count() AS n
  FROM {table:Identifier}
  GROUP BY span, place
)
GROUP BY span
ORDER BY span`,
    params: { table, spans: windowMs },
    row: span,
  };
}

export function importWindowsCreate({ table, note }: { table: string; note: string }): Statement {
  return {
    name: "importWindowsCreate",
    sql: `CREATE OR REPLACE TABLE {table:Identifier} (since Int64, until Int64) ENGINE = MergeTree ORDER BY since
COMMENT '${note.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`,
    params: { table },
  };
}

type WindowsOf = { readonly table: string; readonly windows: string };

/** A grid counted from 1970 on: the windows that have rows. */
export function importWindowsGrid({ table, windows, windowMs }: WindowsOf & { windowMs: number }): Statement {
  return {
    name: "importWindowsGrid",
    sql: `INSERT INTO {windows:Identifier}
SELECT DISTINCT at - positiveModulo(at, {span:Int64}) AS since, since + {span:Int64} AS until
FROM {table:Identifier}`,
    params: { table, windows, span: windowMs },
  };
}

/** Chunks of so many rows in the order of time. Rows of one and the same moment stay together, in the later chunk. */
export function importWindowsRows({ table, windows, rows }: WindowsOf & { rows: number }): Statement {
  return {
    name: "importWindowsRows",
    sql: `INSERT INTO {windows:Identifier}
SELECT since, leadInFrame(since, 1, last + 1) OVER (ORDER BY since ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS until
FROM
(
  SELECT DISTINCT at AS since, assumeNotNull((SELECT max(at) FROM {table:Identifier})) AS last
  FROM
  (
    SELECT at, rowNumberInAllBlocks() AS place
    FROM (SELECT at FROM {table:Identifier} ORDER BY at)
  )
  WHERE place % {rows:UInt64} = 0
)
SETTINGS max_threads = 1`,
    params: { table, windows, rows },
  };
}

const found = z.object({ windows: z.number(), firstAt: z.number(), lastAt: z.number() });
export type ImportWindowsRow = z.infer<typeof found>;

export function importWindows(windows: string): Query<ImportWindowsRow> {
  return {
    name: "importWindows",
    sql: `SELECT toFloat64(count()) AS windows, toFloat64(min(since)) AS firstAt, toFloat64(max(until)) AS lastAt
FROM {windows:Identifier}`,
    params: { windows },
    row: found,
  };
}
