import { z } from "zod";
import { FIELD, IS_MISSING } from "./import-field.ts";
import type { Query } from "./query.ts";

const row = z.object({ rows: z.number(), ids: z.number() });

/** Rows that have an id, and how many different ones there are: of more than 100,000 about. */
export function importIds({ table, column }: { table: string; column: string }): Query<z.infer<typeof row>> {
  return {
    name: "importIds",
    sql: `SELECT toFloat64(count()) AS rows, toFloat64(uniqCombined64(20)(${FIELD("{column:Identifier}")})) AS ids
FROM {table:Identifier}
WHERE NOT (${IS_MISSING("{column:Identifier}")})`,
    params: { table, column },
    row,
  };
}
