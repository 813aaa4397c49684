/** The log as an array, for tests; and what a reader of it would see. */
import {
  LogError,
  type LogNotes,
  type NoteChanges,
  type NotingProducer,
  type OutgoingBlock,
  type SpoolStats,
} from "@lockstep/log/log";
import { readBlock } from "../../packages/formats/test/read-block.ts";
import { sampleRowsOf } from "../../packages/formats/test/sample-rows.ts";

export type LoggedSample = {
  readonly series: string;
  readonly ts: number;
  readonly value: number;
  readonly stale: boolean;
};

class MemoryNotes implements LogNotes {
  readonly spaces = new Map<string, Map<string, unknown>>();

  get(space: string, key: string): unknown {
    return this.spaces.get(space)?.get(key);
  }

  size(space: string): number {
    return this.spaces.get(space)?.size ?? 0;
  }

  entries(space: string): Iterable<readonly [string, unknown]> {
    return this.spaces.get(space) ?? [];
  }

  apply({ cleared, put }: NoteChanges): void {
    for (const space of cleared ?? []) this.spaces.delete(space);
    for (const [space, notes] of put) {
      const kept = this.spaces.get(space) ?? new Map<string, unknown>();
      this.spaces.set(space, kept);
      for (const [key, value] of notes) {
        if (value === undefined) kept.delete(key);
        else kept.set(key, value);
      }
    }
  }
}

export class MemoryLog implements NotingProducer {
  readonly notes = new MemoryNotes();
  readonly appends: (readonly OutgoingBlock[])[] = [];
  /** While set, every append rejects with it. */
  refusal: LogError | undefined;
  tries = 0;
  closed = false;

  async append(
    blocks: readonly OutgoingBlock[],
    options: { sequence?: number; notes?: NoteChanges } = {},
  ): Promise<void> {
    this.tries++;
    await Promise.resolve();
    if (this.refusal !== undefined) throw this.refusal;
    if (options.notes !== undefined) this.notes.apply(options.notes);
    this.appends.push(blocks.map((block) => ({ ...block, block: Buffer.from(block.block) })));
  }

  refuse(): void {
    this.refusal = new LogError("full", "the log is full");
  }

  backlogBytes(): number {
    return this.appends.flat().reduce((sum, { block }) => sum + block.length, 0);
  }

  stats(): SpoolStats {
    return { bytes: this.backlogBytes(), blocks: this.appends.flat().length, oldestAt: undefined };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  rows(table: string): Record<string, unknown>[] {
    return this.appends.flat().flatMap((block) => (block.table === table ? readBlock(block.block).rows : []));
  }

  /** Printed labels of each series id the log has been told of. */
  get series(): ReadonlyMap<bigint, string> {
    return new Map(
      this.rows("series").map(({ series, labels }) => [series as bigint, printed(labels as Map<string, string>)]),
    );
  }

  /** Samples in the order of the log. Throws where one comes before its series. */
  samples(append?: number): LoggedSample[] {
    const names = this.series;
    const blocks = append === undefined ? this.appends.flat() : (this.appends[append] ?? []);
    return blocks
      .filter(({ table }) => table === "samples")
      .flatMap(({ block }) => sampleRowsOf(block))
      .map(({ series: id, ts, value, stale }) => {
        const series = names.get(id);
        if (series === undefined) throw new Error(`series ${id} has no labels in the log`);
        return { series, ts, value, stale };
      });
  }
}

export function printed(labels: ReadonlyMap<string, string>): string {
  const rest = [...labels].filter(([name]) => name !== "__name__").sort(([a], [b]) => (a < b ? -1 : 1));
  return `${labels.get("__name__")}{${rest.map(([name, value]) => `${name}="${value}"`).join(",")}}`;
}
