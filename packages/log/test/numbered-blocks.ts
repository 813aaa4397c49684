/** Appends that can be told apart, and from parts of one another. */
import type { OutgoingBlock } from "../src/log.ts";

/** One to four blocks of two tables, of up to 40 KB. */
export function blocksOf(append: number): OutgoingBlock[] {
  return Array.from({ length: 1 + (append % 4) }, (_, i) => ({
    table: i % 2 === 0 ? ("samples" as const) : ("series" as const),
    version: 1,
    rows: 1,
    block: Buffer.alloc(20 + ((append * 7919) % 40_000), `${append}/${i} `),
  }));
}
