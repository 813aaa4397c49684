import { z } from "zod";
import type { Query } from "./query.ts";

/** How many sample rows one post of ingest brought; asked only after a crash, to see whether a range is all there. */
export function countOrigin(params: { origin: string }): Query<{ rows: number }> {
  return {
    name: "count_origin",
    sql: "SELECT count() AS rows FROM samples WHERE origin = {origin:UInt64}",
    params,
    row: z.object({ rows: z.coerce.number() }),
  };
}
