/** A log in memory that keeps the contract of LogProducer, and a reader of what it took. */
import { LogError, type LogProducer, type OutgoingBlock } from "@lockstep/log/log";

export type Row = { metric: number; series: string; ts: number; m: number; e: number };

export class MemoryLog implements LogProducer {
  readonly blocks: OutgoingBlock[] = [];
  readonly sequences: number[] = [];
  #highest = -1;
  /** Appends after which the next one fails for good, as when the process dies. */
  dieAfter = Number.POSITIVE_INFINITY;
  /** Appends that are refused as full before one is taken. */
  refusals = 0;

  async append(blocks: readonly OutgoingBlock[], { sequence = this.#highest + 1 } = {}): Promise<void> {
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw new LogError("full", "the log is full");
    }
    if (this.dieAfter-- <= 0) throw new LogError("closed", "the log is closed");
    if (sequence <= this.#highest) return;
    this.#highest = sequence;
    this.sequences.push(sequence);
    this.blocks.push(...blocks);
  }

  backlogBytes(): number {
    return 0;
  }

  stats() {
    return { bytes: this.backlogBytes(), blocks: 0, oldestAt: undefined };
  }

  async close(): Promise<void> {}

  of(table: OutgoingBlock["table"]): OutgoingBlock[] {
    return this.blocks.filter((block) => block.table === table);
  }
}

/** Rows of a `Native` block of table samples. */
export function readSamples({ block, rows }: OutgoingBlock): Row[] {
  const data = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = data[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const text = () => {
    const length = varint();
    at += length;
    return data.toString("utf8", at - length, at);
  };
  const starts: Record<string, number> = {};
  const columns = varint();
  varint();
  const width: Record<string, number> = { UInt32: 4, UInt64: 8, "DateTime64(3)": 8, Int64: 8, Int8: 1 };
  for (let i = 0; i < columns; i++) {
    const name = text();
    const type = text();
    starts[name] = at;
    at += rows * width[type]!;
  }
  return Array.from({ length: rows }, (_, i) => ({
    metric: data.readUInt32LE(starts["metric"]! + i * 4),
    series: String(data.readBigUInt64LE(starts["series"]! + i * 8)),
    ts: Number(data.readBigInt64LE(starts["ts"]! + i * 8)),
    m: Number(data.readBigInt64LE(starts["m"]! + i * 8)),
    e: data.readInt8(starts["e"]! + i),
  }));
}
