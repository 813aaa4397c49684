/** Rows of text on their way into ClickHouse: columns of one Native block, built field by field. */

/** Of a block: it is one post, and ClickHouse takes it whole or not at all. */
const MAX_ROWS = 65_536;
const MAX_BYTES = 8 * 1024 * 1024;
const FIRST_BYTES = 64 * 1024;

/** Where a row was: the number of its file among those that are imported, and its line (of Parquet: its row), from 1. */
const PLACE_COLUMNS = [
  ["file", "UInt16"],
  ["line", "UInt64"],
] as const;

export class RowBlock {
  readonly #names: readonly string[];
  readonly #columns: TextColumn[];
  readonly #file: number;
  readonly #lines: number[] = [];
  #bytes = 0;

  /** `names` of the table's columns that hold the fields, in the order `put` counts them. */
  constructor(names: readonly string[], file: number) {
    this.#names = names;
    this.#columns = names.map(() => new TextColumn());
    this.#file = file;
  }

  get rows(): number {
    return this.#lines.length;
  }

  get isFull(): boolean {
    return this.#lines.length >= MAX_ROWS || this.#bytes >= MAX_BYTES;
  }

  /** Ends a row whose fields have been put; those that were not are empty. */
  endRow(line: number): void {
    this.#lines.push(line);
    for (const column of this.#columns) column.fill(this.#lines.length);
  }

  put(column: number, source: Uint8Array, from: number, to: number): void {
    this.#columns[column]!.push(source, from, to);
    this.#bytes += to - from + 1;
  }

  /** The parts of one Native block, to be sent one behind the other. The block is not used afterwards. */
  native(): Uint8Array[] {
    const head = new Writer();
    head.varint(PLACE_COLUMNS.length + this.#names.length);
    head.varint(this.rows);
    const parts: Uint8Array[] = [head.taken()];
    const files = Buffer.alloc(2 * this.rows);
    const lines = Buffer.alloc(8 * this.rows);
    this.#lines.forEach((line, i) => {
      files.writeUInt16LE(this.#file, 2 * i);
      lines.writeBigUInt64LE(BigInt(line), 8 * i);
    });
    for (const [i, [name, type]] of PLACE_COLUMNS.entries()) parts.push(titled(name, type), i === 0 ? files : lines);
    for (const [i, name] of this.#names.entries()) parts.push(titled(name, "String"), this.#columns[i]!.taken());
    return parts;
  }
}

function titled(name: string, type: string): Uint8Array {
  const writer = new Writer();
  for (const text of [name, type]) {
    const bytes = Buffer.from(text, "utf8");
    writer.varint(bytes.length);
    writer.bytes(bytes, 0, bytes.length);
  }
  return writer.taken();
}

class Writer {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  varint(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#length++] = rest;
  }

  bytes(source: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from);
    // A call costs more than a few bytes do.
    if (to - from > 48) this.#buffer.set(source.subarray(from, to), this.#length);
    else for (let i = from; i < to; i++) this.#buffer[this.#length + i - from] = source[i]!;
    this.#length += to - from;
  }

  taken(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#length + more));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/** ClickHouse's String column: each value behind its length. */
class TextColumn {
  readonly #writer = new Writer();
  #rows = 0;

  push(source: Uint8Array, from: number, to: number): void {
    this.#writer.varint(to - from);
    this.#writer.bytes(source, from, to);
    this.#rows += 1;
  }

  fill(rows: number): void {
    for (; this.#rows < rows; this.#rows++) this.#writer.varint(0);
  }

  taken(): Uint8Array {
    return this.#writer.taken();
  }
}
