import { z } from "zod";
import { CATEGORY } from "./import-field.ts";
import type { Query } from "./query.ts";

const row = z.object({ parts: z.number() });

/** Into how many parts replicas and segments split each window: `columns` are the scratch table's own names. */
export function importParts({
  table,
  columns,
}: {
  table: string;
  columns: readonly string[];
}): Query<z.infer<typeof row>> {
  return {
    name: "importParts",
    sql: `SELECT toFloat64(uniqCombined(tuple(${columns.map(CATEGORY).join(", ")}))) AS parts
FROM {table:Identifier}`,
    params: { table },
    row,
  };
}
