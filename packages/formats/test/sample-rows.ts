/** Reads a block of table `samples` back, for tests: what ClickHouse would make of it, written without the encoder. */
import type { SampleBlock } from "../src/sample-block.ts";

export type SampleRow = { metric: number; series: bigint; ts: number; value: number; stale: boolean; exponent: number };

const WIDTHS: [string, string, number][] = [
  ["metric", "UInt32", 4],
  ["series", "UInt64", 8],
  ["ts", "DateTime64(3)", 8],
  ["m", "Int64", 8],
  ["e", "Int8", 1],
];

export function sampleRows(block: SampleBlock): SampleRow[] {
  const bytes = Buffer.from(block.encode());
  const rows = block.rows;
  const at = new Map<string, number>();
  let place = 1 + (rows < 128 ? 1 : rows < 16_384 ? 2 : 3);
  for (const [name, type, width] of WIDTHS) {
    place += 2 + name.length + type.length;
    at.set(name, place);
    place += rows * width;
  }
  if (place !== bytes.length) throw new Error(`block of ${bytes.length} bytes, expected ${place}`);
  return Array.from({ length: rows }, (_, row) => {
    const m = bytes.readBigInt64LE(at.get("m")! + row * 8);
    const exponent = bytes.readInt8(at.get("e")! + row);
    const bits = Buffer.alloc(8);
    bits.writeBigInt64LE(m);
    return {
      metric: bytes.readUInt32LE(at.get("metric")! + row * 4),
      series: bytes.readBigUInt64LE(at.get("series")! + row * 8),
      ts: Number(bytes.readBigInt64LE(at.get("ts")! + row * 8)),
      value: exponent === 127 ? bits.readDoubleLE() : Number(m) / 10 ** exponent,
      stale: exponent === 127 && m === 0x7ff0000000000002n,
      exponent,
    };
  });
}
