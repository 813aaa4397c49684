/** Reads Native blocks back, for tests: what ClickHouse would make of them, written without the encoder's tables. */
export type ReadBlock = { columns: { name: string; type: string }[]; rows: Record<string, unknown>[]; bytes: number };

/** One block from `at` on; Int64, UInt64 and DateTime64 come as bigint, maps as Map. */
export function readBlock(bytes: Uint8Array, at = 0): ReadBlock {
  const reader = new Reader(Buffer.from(bytes), at);
  const width = reader.varint();
  const count = reader.varint();
  const rows: Record<string, unknown>[] = Array.from({ length: count }, () => ({}));
  const columns: ReadBlock["columns"] = [];
  for (let i = 0; i < width; i++) {
    const column = { name: reader.string(), type: reader.string() };
    columns.push(column);
    const values = reader.column(column.type, count);
    rows.forEach((row, j) => {
      row[column.name] = values[j];
    });
  }
  return { columns, rows, bytes: reader.at - at };
}

/** Blocks one after another, as ingest posts them. */
export function readBlocks(bytes: Uint8Array): ReadBlock[] {
  const blocks: ReadBlock[] = [];
  for (let at = 0; at < bytes.length; at += blocks.at(-1)!.bytes) blocks.push(readBlock(bytes, at));
  return blocks;
}

/** As the encoder takes them. */
function typed(type: string, numbers: unknown[]): unknown {
  if (type === "Array(UInt32)") return Uint32Array.from(numbers as number[]);
  if (type === "Array(Int32)") return Int32Array.from(numbers as number[]);
  if (type === "Array(UInt64)") return BigUint64Array.from(numbers as bigint[]);
  return Float64Array.from(numbers as number[]);
}

class Reader {
  readonly bytes: Buffer;
  at: number;
  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes.readUInt8(this.at++);
      value += (byte % 128) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  string(): string {
    const length = this.varint();
    this.at += length;
    return this.bytes.toString("utf8", this.at - length, this.at);
  }

  column(type: string, count: number): unknown[] {
    const each = <T>(length: number, read: () => T) => Array.from({ length }, read);
    const fixed = <T>(width: number, read: (at: number) => T) =>
      each(count, () => {
        this.at += width;
        return read(this.at - width);
      });
    if (type.startsWith("Nullable(")) {
      const nulls = fixed(1, (at) => this.bytes.readUInt8(at));
      const values = this.column(type.slice(9, -1), count);
      return values.map((value, i) => (nulls[i] === 1 ? null : value));
    }
    if (type.startsWith("Array(")) {
      const ends = fixed(8, (at) => Number(this.bytes.readBigUInt64LE(at)));
      const numbers = this.column(type.slice(6, -1), ends.at(-1) ?? 0);
      return ends.map((end, i) => typed(type, numbers.slice(ends[i - 1] ?? 0, end)));
    }
    if (type.startsWith("Map(String, ")) {
      const ends = fixed(8, (at) => Number(this.bytes.readBigUInt64LE(at)));
      const keys = each(ends.at(-1) ?? 0, () => this.string());
      const values = this.column(type.slice(12, -1), ends.at(-1) ?? 0);
      return ends.map(
        (end, i) => new Map(keys.slice(ends[i - 1] ?? 0, end).map((k, j) => [k, values[(ends[i - 1] ?? 0) + j]])),
      );
    }
    switch (type) {
      case "UInt8":
        return fixed(1, (at) => this.bytes.readUInt8(at));
      case "String":
        return each(count, () => this.string());
      case "Int8":
        return fixed(1, (at) => this.bytes.readInt8(at));
      case "Int32":
        return fixed(4, (at) => this.bytes.readInt32LE(at));
      case "UInt32":
        return fixed(4, (at) => this.bytes.readUInt32LE(at));
      case "UInt64":
        return fixed(8, (at) => this.bytes.readBigUInt64LE(at));
      case "Float64":
        return fixed(8, (at) => this.bytes.readDoubleLE(at));
      case "Int64":
      case "DateTime64(3)":
      case "DateTime64(6)":
        return fixed(8, (at) => this.bytes.readBigInt64LE(at));
      default:
        throw new Error(`no reader for ${type}`);
    }
  }
}
