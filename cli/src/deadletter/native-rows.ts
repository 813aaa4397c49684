/** Reads the first rows of a ClickHouse `Native` block that checkBlock has found whole. */
import type { BlockTable } from "@lockstep/schemas/blocks/tables";

/** `values[c][r]` is column c of row r, as text. */
export type BlockRows = { readonly rows: number; readonly values: readonly (readonly string[])[] };

type Cursor = { readonly bytes: Buffer; at: number };
type Fixed = { readonly width: number; readonly text: (bytes: Buffer, at: number) => string };

const FIXED: Readonly<Record<string, Fixed>> = {
  Int8: { width: 1, text: (bytes, at) => String(bytes.readInt8(at)) },
  UInt32: { width: 4, text: (bytes, at) => String(bytes.readUInt32LE(at)) },
  Int64: { width: 8, text: (bytes, at) => String(bytes.readBigInt64LE(at)) },
  UInt64: { width: 8, text: (bytes, at) => String(bytes.readBigUInt64LE(at)) },
  Float64: { width: 8, text: (bytes, at) => String(bytes.readDoubleLE(at)) },
  "DateTime64(3)": { width: 8, text: (bytes, at) => timeText(bytes.readBigInt64LE(at)) },
};

/** At most `limit` rows. Throws RangeError for a type it does not know and for bytes beyond the end. */
export function firstRows(table: BlockTable, block: Uint8Array, limit: number): BlockRows {
  const cursor: Cursor = { bytes: Buffer.from(block.buffer, block.byteOffset, block.byteLength), at: 0 };
  varint(cursor);
  const rows = varint(cursor);
  const shown = Math.min(rows, limit);
  const values = table.columns.map(({ type }) => {
    string(cursor);
    string(cursor);
    return column(cursor, type, rows, shown);
  });
  return { rows, values };
}

function column(cursor: Cursor, type: string, rows: number, shown: number): string[] {
  if (type === "String") return strings(cursor, rows).slice(0, shown);
  if (type === "Map(String, String)") return maps(cursor, rows).slice(0, shown);
  const fixed = FIXED[type];
  if (fixed === undefined) throw new RangeError(`column type ${type} cannot be shown`);
  const from = cursor.at;
  cursor.at += fixed.width * rows;
  return Array.from({ length: shown }, (_, row) => fixed.text(cursor.bytes, from + row * fixed.width));
}

function maps(cursor: Cursor, rows: number): string[] {
  const ends = Array.from({ length: rows }, () => {
    cursor.at += 8;
    return Number(cursor.bytes.readBigUInt64LE(cursor.at - 8));
  });
  const pairs = ends.at(-1) ?? 0;
  const keys = strings(cursor, pairs);
  const values = strings(cursor, pairs);
  return ends.map((end, row) => {
    const entries: string[] = [];
    for (let i = ends[row - 1] ?? 0; i < end; i++) entries.push(`${keys[i]}=${JSON.stringify(values[i])}`);
    return `{${entries.join(", ")}}`;
  });
}

function strings(cursor: Cursor, count: number): string[] {
  return Array.from({ length: count }, () => string(cursor));
}

function string(cursor: Cursor): string {
  const length = varint(cursor);
  const from = cursor.at;
  cursor.at += length;
  if (cursor.at > cursor.bytes.length) throw new RangeError(`cut at byte ${cursor.bytes.length}`);
  return cursor.bytes.toString("utf8", from, cursor.at);
}

function varint(cursor: Cursor): number {
  let value = 0;
  for (let scale = 1; scale < 2 ** 53; scale *= 0x80) {
    const byte = cursor.bytes.readUInt8(cursor.at++);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
  throw new RangeError(`a varint longer than 53 bits at byte ${cursor.at}`);
}

function timeText(ms: bigint): string {
  const date = new Date(Number(ms));
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}
