/** Rows of `histograms` as blocks of the log. */
import type { StoredObserved } from "@lockstep/analysis/drift/stored-observed";
import { encodeRows } from "@lockstep/formats/native";
import type { OutgoingBlock } from "@lockstep/log/log";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";

const MAX_ROWS = 10_000;
const MAX_BYTES = 8 * 2 ** 20;

/** A block is of one month, as the table's parts are: ClickHouse refuses inserts that touch too many. */
export function histogramBlocks(rows: readonly StoredObserved[]): OutgoingBlock[] {
  const blocks: OutgoingBlock[] = [];
  for (const ofMonth of Map.groupBy(rows, monthOf).values()) {
    let [from, bytes] = [0, 0];
    for (const [i, row] of ofMonth.entries()) {
      const size = sizeOf(row);
      if (i > from && (i - from >= MAX_ROWS || bytes + size > MAX_BYTES)) {
        blocks.push(blockOf(ofMonth.slice(from, i)));
        [from, bytes] = [i, 0];
      }
      bytes += size;
    }
    blocks.push(blockOf(ofMonth.slice(from)));
  }
  return blocks;
}

function monthOf({ since }: StoredObserved): number {
  const at = new Date(since);
  return at.getUTCFullYear() * 12 + at.getUTCMonth();
}

/** Bytes, about. */
function sizeOf({ bounds, counts, positive, negative, labelled, categories }: StoredObserved): number {
  const numbers = bounds.length + counts.length + positive.length + negative.length + 3 * labelled.length;
  let bytes = 400 + 8 * numbers;
  for (const name of categories.keys()) bytes += 10 + 2 * name.length;
  return bytes;
}

function blockOf(rows: readonly StoredObserved[]): OutgoingBlock {
  const { table, version } = BLOCK_TABLES.histograms;
  return { table, version, rows: rows.length, block: encodeRows(BLOCK_TABLES.histograms, rows), lane: 0 };
}
