import type { NewSeries } from "@lockstep/formats/exposition/page";
import { encodeRows } from "@lockstep/formats/native";
import { SampleBlock } from "@lockstep/formats/sample-block";
import { LogError, type LogProducer, type OutgoingBlock } from "@lockstep/log/log";
import { BLOCK_TABLES, type TableName } from "@lockstep/schemas/blocks/tables";

export type PublisherOptions = {
  readonly producer: LogProducer;
  readonly now: () => number;
  /** How long pages are gathered before they go to the log together. */
  readonly flushMs: number;
  /** Rows held while the log takes none; beyond it pages are refused. */
  readonly maxHeldRows: number;
  /** Called when the log begins to refuse (with why) and when it takes blocks again (undefined). */
  readonly onTrouble: (trouble: LogError | undefined) => void;
};

type Row = Readonly<Record<string, unknown>>;

const STATES_EVERY_MS = 5_000;

/** A post of ingest is atomic up to 1,048,576 rows, and a page alone may have near a million: more are not added to it. */
const MAX_BLOCK_ROWS = 500_000;
const MAX_STATE_ROWS = 50_000;

/**
 * Gathers the pages of all targets into blocks and appends them to the log. A page is handed over whole, in one call,
 * and goes into one block; a block goes in one append; so a page is in the log whole or not at all.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  #samples = new SampleBlock(16_384);
  /** Full blocks, waiting for the next append. */
  #sealed: OutgoingBlock[] = [];
  #rows = new Map<TableName, Row[]>();
  /** Blocks of an append that has not been acknowledged; tried again, as they are, until it is. */
  #pending: OutgoingBlock[] = [];
  #urgent = false;
  #statesSentAt = 0;
  #stopping = false;
  #heldRows = 0;
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #trouble: LogError | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#timer === undefined) this.setFlushMs(this.#options.flushMs);
  }

  setFlushMs(flushMs: number): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => void this.flush(), flushMs);
  }

  /** Why no page can be taken now, if so: the log has been refusing for as long as memory allowed to wait. */
  get refusal(): string | undefined {
    if (this.#trouble === undefined || this.#heldRows < this.#options.maxHeldRows) return undefined;
    return `page not taken: ${this.#trouble.message}`;
  }

  /** Takes a page's rows (copied) and the series that are new with it. */
  page(page: SampleBlock, unsent: readonly NewSeries[]): void {
    if (this.#samples.rows + page.rows > MAX_BLOCK_ROWS) this.#seal();
    this.#samples.append(page);
    this.#heldRows += page.rows;
    if (unsent.length === 0) return;
    const now = this.#options.now();
    const rows = this.#rowsOf("series");
    for (const { resolved, type, unit } of unsent) {
      const { labels, lo, hi } = resolved;
      const metric = labels.get("__name__") ?? "";
      rows.push({ metric, series: { lo, hi }, labels, type, unit, first_seen: now, last_seen: now });
    }
  }

  /**
   * One row of a small table; what is not `urgent` waits for others, because each block costs ClickHouse an insert. Its
   * rows are states, so while the log takes none the oldest make room.
   */
  row(table: "targets" | "processes", row: Row, urgent: boolean): void {
    const rows = this.#rowsOf(table);
    if (rows.length >= MAX_STATE_ROWS) rows.splice(0, MAX_STATE_ROWS / 2);
    rows.push(row);
    this.#urgent ||= urgent;
  }

  #rowsOf(table: TableName): Row[] {
    const rows = this.#rows.get(table) ?? [];
    this.#rows.set(table, rows);
    return rows;
  }

  flush(): Promise<void> {
    this.#flushing ??= this.#append().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #append(): Promise<void> {
    if (this.#pending.length === 0) this.#pending = this.#takeBlocks();
    if (this.#pending.length === 0) return;
    try {
      await this.#options.producer.append(this.#pending);
      for (const { table, rows } of this.#pending) if (table === "samples") this.#heldRows -= rows;
      this.#pending = [];
      this.#setTrouble(undefined);
    } catch (error) {
      if (!(error instanceof LogError) || !error.retriable) throw error;
      this.#setTrouble(error);
    }
  }

  #setTrouble(trouble: LogError | undefined): void {
    if (trouble?.message !== this.#trouble?.message) this.#options.onTrouble(trouble);
    this.#trouble = trouble;
  }

  /** Labels first, then samples: a reader of the log never meets a series it has not been told of. */
  #takeBlocks(): OutgoingBlock[] {
    const blocks: OutgoingBlock[] = [];
    const now = this.#options.now();
    const states = this.#urgent || this.#stopping || now - this.#statesSentAt >= STATES_EVERY_MS;
    if (states) {
      this.#urgent = false;
      this.#statesSentAt = now;
    }
    for (const [table, rows] of this.#rows) {
      if (rows.length === 0 || (table !== "series" && !states)) continue;
      const { version } = BLOCK_TABLES[table];
      blocks.push({ table, version, rows: rows.length, block: encodeRows(BLOCK_TABLES[table], rows) });
      this.#rows.set(table, []);
    }
    this.#seal();
    blocks.push(...this.#sealed);
    this.#sealed = [];
    return blocks;
  }

  #seal(): void {
    const samples = this.#samples;
    if (samples.rows === 0) return;
    const { version } = BLOCK_TABLES.samples;
    this.#sealed.push({ table: "samples", version, rows: samples.rows, block: samples.encode() });
    samples.reset();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping = true;
    await this.#flushing;
    await this.flush(); // what an earlier append left
    await this.flush(); // and what came since
    if (this.#pending.length > 0) throw this.#trouble ?? new LogError("io", "blocks left at the end");
  }
}
