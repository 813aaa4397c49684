import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import { checkBlock, NativeWriter } from "./native.ts";

const WIDTHS: Readonly<Record<string, number>> = { UInt32: 4, UInt64: 8, "DateTime64(3)": 8, Int64: 8, Int8: 1 };

/** What tells one sample from another. */
export type SampleKey = { readonly metric: number; readonly series: bigint; readonly tsMs: number };

/** The rows of an encoded block of table `samples`, read in place. */
export class SampleBlockView {
  readonly rows: number;
  readonly #bytes: Buffer;
  /** Where each column's data begins. */
  readonly #starts = new Map<string, number>();

  /** Throws NativeError where `block` is not a block of `samples` with `rows` rows. */
  constructor(block: Uint8Array, rows: number) {
    checkBlock(BLOCK_TABLES.samples, rows, block);
    this.rows = rows;
    this.#bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
    // All columns are of fixed width, so they can be found from the end, without reading the header again.
    let at = block.length;
    for (const { name, type } of [...BLOCK_TABLES.samples.columns].reverse()) {
      at -= rows * WIDTHS[type]!;
      this.#starts.set(name, at);
      at -= 2 + name.length + type.length;
    }
  }

  key(row: number): SampleKey {
    return {
      metric: this.#bytes.readUInt32LE(this.#starts.get("metric")! + row * 4),
      series: this.#bytes.readBigUInt64LE(this.#starts.get("series")! + row * 8),
      tsMs: this.tsMs(row),
    };
  }

  tsMs(row: number): number {
    return Number(this.#bytes.readBigInt64LE(this.#starts.get("ts")! + row * 8));
  }

  /** A block of only these rows. */
  pick(rows: readonly number[]): Uint8Array {
    const { columns } = BLOCK_TABLES.samples;
    const writer = new NativeWriter(rows.length * 29 + 256);
    writer.blockHeader(columns.length, rows.length);
    for (const column of columns) {
      writer.columnHeader(column);
      const width = WIDTHS[column.type]!;
      const start = this.#starts.get(column.name)!;
      for (const row of rows) writer.bytes(this.#bytes.subarray(start + row * width, start + (row + 1) * width));
    }
    return writer.finish();
  }
}
