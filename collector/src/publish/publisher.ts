import type { NewSeries } from "@lockstep/formats/exposition/page";
import { encodeRows } from "@lockstep/formats/native";
import type { SampleBlock } from "@lockstep/formats/sample-block";
import { LogError, type LogProducer, type OutgoingBlock } from "@lockstep/log/log";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import type { Labels } from "@lockstep/schemas/domain/labels";
import { placeOf } from "../target-hash.ts";
import { Lane } from "./lane.ts";

export type PublisherOptions = {
  readonly producer: LogProducer;
  readonly now: () => number;
  /** How long pages are gathered before they go to the log together. */
  readonly flushMs: number;
  /** Rows held while the log takes none; beyond it pages are refused. */
  readonly maxHeldRows: number;
  /** Over how many lanes the targets are spread, each always on the same; default 1. */
  readonly lanes?: number;
  /** Called when the log begins to refuse (with why) and when it takes blocks again (undefined). */
  readonly onTrouble: (trouble: LogError | undefined) => void;
  readonly counts?: PublisherCounts;
};

/** Told once a page or an append, never for each sample. */
export type PublisherCounts = {
  page(samples: number): void;
  refused(): void;
  appended(blocks: readonly OutgoingBlock[]): void;
};

type StateTable = "targets" | "processes";
type Row = Readonly<Record<string, unknown>>;

const STATES_EVERY_MS = 5_000;

/** A post of ingest is atomic up to 1,048,576 rows, and a page alone may have near a million: more are not added to it. */
const MAX_BLOCK_ROWS = 500_000;
const MAX_STATE_ROWS = 50_000;

/**
 * Gathers the pages of all targets into blocks, one for each lane, and appends them to the log. A page is handed over
 * whole, in one call, and goes into one block; all blocks go in one append; so a page is in the log whole or not at all.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #laneCount: number;
  /** Those that have had a page, by number. */
  readonly #lanes: (Lane | undefined)[] = [];
  /** Full blocks, waiting for the next append. */
  #sealed: OutgoingBlock[] = [];
  readonly #states: Record<StateTable, Row[]> = { targets: [], processes: [] };
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
    this.#laneCount = options.lanes ?? 1;
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

  /** A page was left out because of `refusal`. */
  refused(): void {
    this.#options.counts?.refused();
  }

  /** The lane of a target with these labels: the same over restarts. */
  laneOf(labels: Labels): number {
    return placeOf(labels, "lane", this.#laneCount);
  }

  /** Takes a page's rows (copied) and the series that are new with it. `scrapedAt`: ms since 1970. */
  page(page: SampleBlock, unsent: readonly NewSeries[], lane = 0, scrapedAt?: number): void {
    const gathered = this.#lane(lane);
    if (gathered.rows + page.rows > MAX_BLOCK_ROWS) this.#seal(gathered);
    gathered.page(page, scrapedAt);
    this.#heldRows += page.rows;
    this.#options.counts?.page(page.rows);
    if (unsent.length > 0) gathered.series(unsent, this.#options.now());
  }

  #lane(number: number): Lane {
    const lane = this.#lanes[number] ?? new Lane(number);
    this.#lanes[number] = lane;
    return lane;
  }

  /**
   * One row of a small table; what is not `urgent` waits for others, because each block costs ClickHouse an insert. Its
   * rows are states, so while the log takes none the oldest make room.
   */
  row(table: StateTable, row: Row, urgent: boolean): void {
    const rows = this.#states[table];
    if (rows.length >= MAX_STATE_ROWS) rows.splice(0, MAX_STATE_ROWS / 2);
    rows.push(row);
    this.#urgent ||= urgent;
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
      this.#options.counts?.appended(this.#pending);
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
    const lanes = this.#lanes.filter((lane) => lane !== undefined);
    const series = lanes.flatMap((lane) => lane.takeSeries());
    const states = this.#takeStates();
    for (const lane of lanes) this.#seal(lane);
    const blocks = [...series, ...states, ...this.#sealed];
    this.#sealed = [];
    return blocks;
  }

  #takeStates(): OutgoingBlock[] {
    const now = this.#options.now();
    if (!this.#urgent && !this.#stopping && now - this.#statesSentAt < STATES_EVERY_MS) return [];
    this.#urgent = false;
    this.#statesSentAt = now;
    const blocks: OutgoingBlock[] = [];
    for (const table of ["targets", "processes"] as const) {
      const rows = this.#states[table];
      if (rows.length === 0) continue;
      const { version } = BLOCK_TABLES[table];
      blocks.push({ table, version, rows: rows.length, block: encodeRows(BLOCK_TABLES[table], rows), lane: 0 });
      this.#states[table] = [];
    }
    return blocks;
  }

  #seal(lane: Lane): void {
    const block = lane.takeSamples();
    if (block !== undefined) this.#sealed.push(block);
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
