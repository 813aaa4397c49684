/** Rows of table `samples` as a reader of the database sees them. */
import type { SampleBlock } from "../src/sample-block.ts";
import { readBlock } from "./read-block.ts";

export type SampleRow = { metric: number; series: bigint; ts: number; value: number; stale: boolean; exponent: number };

const STALE = 0x7ff0000000000002n;

export function sampleRows(block: SampleBlock): SampleRow[] {
  return sampleRowsOf(block.encode());
}

export function sampleRowsOf(block: Uint8Array): SampleRow[] {
  const bits = new DataView(new ArrayBuffer(8));
  return readBlock(block).rows.map((row) => {
    const { metric, series, ts, m, e } = row as { metric: number; series: bigint; ts: bigint; m: bigint; e: number };
    bits.setBigInt64(0, m);
    const value = e === 127 ? bits.getFloat64(0) : Number(m) / 10 ** e;
    return { metric, series, ts: Number(ts), value, stale: e === 127 && m === STALE, exponent: e };
  });
}
