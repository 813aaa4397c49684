/**
 * ClickHouse's `Native` format, as its HTTP interface reads it (no client revision): blocks one after another, each
 *
 *     columns: varint, rows: varint, then per column: name: string, type: string, data
 *     string: length varint, bytes.  Fixed-width data: rows little-endian values.
 *     Map(String, T): rows cumulative UInt64 ends, then all keys, then all values.
 *     Array(T) of numbers: rows cumulative UInt64 ends, then all numbers.
 *     Nullable(T): rows bytes, 1 where there is no value, then all values, those of no meaning too.
 */
import type { BlockTable, Column } from "@lockstep/schemas/blocks/tables";

export class NativeError extends Error {
  override readonly name = "NativeError";
}

/** Grows as it is written to; `finish` gives the bytes. */
export class NativeWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(capacity = 4096) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  blockHeader(columns: number, rows: number): void {
    this.varint(columns);
    this.varint(rows);
  }

  columnHeader(column: Column): void {
    this.string(column.name);
    this.string(column.type);
  }

  varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
  }

  string(value: string): void {
    const bytes = Buffer.byteLength(value, "utf8");
    this.varint(bytes);
    this.#reserve(bytes);
    this.#length += this.#buffer.write(value, this.#length, "utf8");
  }

  bytes(data: ArrayBufferView): void {
    this.#reserve(data.byteLength);
    this.#buffer.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), this.#length);
    this.#length += data.byteLength;
  }

  fixed(type: string, value: unknown): void {
    this.#reserve(8);
    const width = FIXED[type]!.write(this.#buffer, value, this.#length);
    this.#length += width;
  }

  /** Each as `fixed` writes it. */
  allFixed(type: string, values: readonly unknown[]): void {
    this.#reserve(8 * values.length);
    const { write } = FIXED[type]!;
    for (let i = 0; i < values.length; i++) this.#length += write(this.#buffer, values[i], this.#length);
  }

  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

const TWO_32 = 2 ** 32;

type Fixed = { width: number; write(buffer: Buffer, value: unknown, at: number): number };

function int64(buffer: Buffer, value: unknown, at: number): number {
  if (typeof value === "object" && value !== null && "lo" in value && "hi" in value) {
    buffer.writeUInt32LE(Number(value.lo), at);
    buffer.writeUInt32LE(Number(value.hi), at + 4);
  } else {
    const integer = Math.trunc(Number(value));
    if (Number.isSafeInteger(integer)) {
      const high = Math.floor(integer / TWO_32);
      buffer.writeInt32LE((integer - high * TWO_32) | 0, at);
      buffer.writeInt32LE(high, at + 4);
    } else {
      buffer.writeBigInt64LE(BigInt.asIntN(64, BigInt(integer)), at);
    }
  }
  return 8;
}

function uint64(buffer: Buffer, value: unknown, at: number): number {
  if (typeof value !== "bigint") return int64(buffer, value, at);
  buffer.writeBigUInt64LE(BigInt.asUintN(64, value), at);
  return 8;
}

const FIXED: Readonly<Record<string, Fixed>> = {
  Int8: { width: 1, write: (buffer, value, at) => buffer.writeInt8(Number(value), at) - at },
  UInt8: { width: 1, write: (buffer, value, at) => buffer.writeUInt8(Number(value), at) - at },
  Int32: { width: 4, write: (buffer, value, at) => buffer.writeInt32LE(Number(value), at) - at },
  UInt32: { width: 4, write: (buffer, value, at) => buffer.writeUInt32LE(Number(value), at) - at },
  Int64: { width: 8, write: uint64 },
  UInt64: { width: 8, write: uint64 },
  Float64: { width: 8, write: (buffer, value, at) => buffer.writeDoubleLE(Number(value), at) - at },
  "DateTime64(3)": { width: 8, write: int64 },
  "DateTime64(6)": { width: 8, write: int64 },
};

const STRING = "String";

/** T of Map(String, T), Array(T), Nullable(T); undefined where the type is none of that kind. */
function inside(kind: "Map(String, " | "Array(" | "Nullable(", type: string): string | undefined {
  return type.startsWith(kind) ? type.slice(kind.length, -1) : undefined;
}

/**
 * Rows as one block of `table`. Map columns take a ReadonlyMap, arrays a typed array of their type or any array of numbers,
 * DateTime64(3) milliseconds, DateTime64(6) microseconds, UInt64 a bigint, a number or {lo, hi}, Nullable ones null where there
 * is none. Throws NativeError for a column without a value.
 */
export function encodeRows(table: BlockTable, rows: readonly Readonly<Record<string, unknown>>[]): Uint8Array {
  const writer = new NativeWriter();
  writer.blockHeader(table.columns.length, rows.length);
  for (const column of table.columns) {
    writer.columnHeader(column);
    const values = rows.map((row) => row[column.name]);
    const missing = values.indexOf(undefined);
    if (missing !== -1) throw new NativeError(`row ${missing} of a ${table.table} block has no ${column.name}`);
    encodeColumn(writer, column.type, values);
  }
  return writer.finish();
}

function encodeColumn(writer: NativeWriter, type: string, values: readonly unknown[]): void {
  const [mapped, element, optional] = [inside("Map(String, ", type), inside("Array(", type), inside("Nullable(", type)];
  if (type === STRING) for (const value of values) writer.string(String(value));
  else if (mapped !== undefined) encodeMaps(writer, mapped, values as ReadonlyMap<string, unknown>[]);
  else if (element !== undefined) encodeArrays(writer, element, values as Numbers[]);
  else if (optional !== undefined) encodeNullable(writer, optional, values);
  else writer.allFixed(type, values);
}

function encodeMaps(writer: NativeWriter, type: string, maps: readonly ReadonlyMap<string, unknown>[]): void {
  encodeEnds(
    writer,
    maps.map(({ size }) => size),
  );
  for (const map of maps) for (const key of map.keys()) writer.string(key);
  for (const map of maps) encodeColumn(writer, type, [...map.values()]);
}

function encodeNullable(writer: NativeWriter, type: string, values: readonly unknown[]): void {
  for (const value of values) writer.fixed("UInt8", value === null ? 1 : 0);
  for (const value of values) writer.fixed(type, value ?? 0);
}

type Numbers = ArrayBufferView | readonly number[];

/** Those that lie in memory as on the wire: little endian. */
const TYPED: Readonly<Record<string, new (...none: never[]) => ArrayBufferView>> = {
  UInt32: Uint32Array,
  Int32: Int32Array,
  UInt64: BigUint64Array,
  Float64: Float64Array,
};

function encodeArrays(writer: NativeWriter, type: string, arrays: readonly Numbers[]): void {
  encodeEnds(
    writer,
    arrays.map((array) => (array as unknown as ArrayLike<number>).length),
  );
  for (const array of arrays) {
    if (array instanceof TYPED[type]!) writer.bytes(array);
    else writer.allFixed(type, array as readonly number[]);
  }
}

function encodeEnds(writer: NativeWriter, sizes: readonly number[]): void {
  let end = 0;
  for (const size of sizes) {
    end += size;
    writer.fixed("UInt64", end);
  }
}

/**
 * Checks that `block` is exactly one block of `table` with `rows` rows, walking every column's lengths. Returns nothing;
 * throws NativeError with place, found and expected. Run before a block is joined with others, so that one bad block is
 * a dead letter and never half a post.
 */
export function checkBlock(table: BlockTable, rows: number, block: Uint8Array): void {
  const reader = new BlockReader(block);
  const columns = reader.varint();
  const found = reader.varint();
  if (columns !== table.columns.length || found !== rows) {
    throw new NativeError(
      `${table.table} block: found ${columns} columns and ${found} rows, expected ${table.columns.length} and ${rows}`,
    );
  }
  for (const column of table.columns) {
    const name = reader.string();
    const type = reader.string();
    if (name !== column.name || type !== column.type) {
      throw new NativeError(
        `${table.table} block: found column ${name} ${type}, expected ${column.name} ${column.type}`,
      );
    }
    skipColumn(reader, column.type, rows);
  }
  if (reader.at !== block.length) {
    throw new NativeError(`${table.table} block: ${block.length - reader.at} bytes after its last column`);
  }
}

function skipColumn(reader: BlockReader, type: string, rows: number): void {
  const [mapped, element, optional] = [inside("Map(String, ", type), inside("Array(", type), inside("Nullable(", type)];
  if (type === STRING) {
    reader.skipStrings(rows);
  } else if (mapped !== undefined) {
    const entries = skipEnds(reader, "map", rows);
    reader.skipStrings(entries);
    skipColumn(reader, mapped, entries);
  } else if (element !== undefined) {
    skipColumn(reader, element, skipEnds(reader, "array", rows));
  } else if (optional !== undefined) {
    reader.skip(rows);
    skipColumn(reader, optional, rows);
  } else {
    const fixed = FIXED[type];
    if (fixed === undefined) throw new NativeError(`no width known for column type ${type}`);
    reader.skip(fixed.width * rows);
  }
}

/** How many elements all rows have together. */
function skipEnds(reader: BlockReader, what: string, rows: number): number {
  let elements = 0;
  for (let row = 0; row < rows; row++) {
    const end = reader.uint64();
    if (end < elements) throw new NativeError(`${what} ends fall from ${elements} to ${end} at byte ${reader.at}`);
    elements = end;
  }
  return elements;
}

class BlockReader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(block: Uint8Array) {
    this.#bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 53; scale *= 0x80) {
      this.#need(1);
      const byte = this.#bytes[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new NativeError(`varint longer than 53 bits at byte ${this.at}`);
  }

  string(): string {
    const length = this.varint();
    this.#need(length);
    this.at += length;
    return this.#bytes.toString("utf8", this.at - length, this.at);
  }

  uint64(): number {
    this.#need(8);
    this.at += 8;
    return this.#bytes.readUInt32LE(this.at - 8) + this.#bytes.readUInt32LE(this.at - 4) * 2 ** 32;
  }

  skip(bytes: number): void {
    this.#need(bytes);
    this.at += bytes;
  }

  skipStrings(count: number): void {
    for (let i = 0; i < count; i++) this.skip(this.varint());
  }

  #need(bytes: number): void {
    if (this.at + bytes > this.#bytes.length) {
      throw new NativeError(`cut at byte ${this.#bytes.length}: needed ${bytes} bytes from byte ${this.at} on`);
    }
  }
}
