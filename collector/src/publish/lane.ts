/** What of one lane waits for the next append: rows of samples, and the series that are new with them. */
import type { NewSeries } from "@lockstep/formats/exposition/page";
import { encodeRows } from "@lockstep/formats/native";
import { SampleBlock } from "@lockstep/formats/sample-block";
import type { OutgoingBlock } from "@lockstep/log/log";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";

const FIRST_ROWS = 1024;
/** A block that once had this many times the rows is given back: what an outage piled up is not needed afterwards. */
const SHRINK_FACTOR = 8;

/** Label sets are long: at a cold start all of them together would be more than a message may hold. */
const MAX_SERIES_ROWS = 10_000;

type SeriesRow = Readonly<Record<string, unknown>>;

export class Lane {
  readonly #lane: number;
  #samples: SampleBlock | undefined;
  #mostRows = 0;
  #scrapedAt: number | undefined;
  #series: SeriesRow[] = [];

  constructor(lane: number) {
    this.#lane = lane;
  }

  get rows(): number {
    return this.#samples?.rows ?? 0;
  }

  /** `scrapedAt`: ms since 1970; undefined where nobody waits for the page. */
  page(page: SampleBlock, scrapedAt: number | undefined): void {
    this.#samples ??= new SampleBlock(FIRST_ROWS);
    this.#samples.append(page);
    if (scrapedAt !== undefined) this.#scrapedAt = Math.min(scrapedAt, this.#scrapedAt ?? scrapedAt);
  }

  series(unsent: readonly NewSeries[], now: number): void {
    for (const { resolved, type, unit } of unsent) {
      const { labels, lo, hi } = resolved;
      const metric = labels.get("__name__") ?? "";
      this.#series.push({ metric, series: { lo, hi }, labels, type, unit, first_seen: now, last_seen: now });
    }
  }

  takeSeries(): OutgoingBlock[] {
    const rows = this.#series;
    this.#series = [];
    const { table, version } = BLOCK_TABLES.series;
    const blocks: OutgoingBlock[] = [];
    for (let from = 0; from < rows.length; from += MAX_SERIES_ROWS) {
      const some = rows.slice(from, from + MAX_SERIES_ROWS);
      const block = encodeRows(BLOCK_TABLES.series, some);
      blocks.push({ table, version, rows: some.length, block, lane: this.#lane });
    }
    return blocks;
  }

  takeSamples(): OutgoingBlock | undefined {
    const samples = this.#samples;
    if (samples === undefined) return undefined;
    const { rows } = samples;
    if (rows === 0) {
      this.#samples = undefined;
      this.#mostRows = 0;
      return undefined;
    }
    const { table, version } = BLOCK_TABLES.samples;
    const scrapedAt = this.#scrapedAt;
    const block = samples.encode();
    this.#scrapedAt = undefined;
    this.#mostRows = Math.max(this.#mostRows, rows);
    if (rows * SHRINK_FACTOR < this.#mostRows) {
      this.#samples = new SampleBlock(Math.max(rows, FIRST_ROWS));
      this.#mostRows = rows;
    } else {
      samples.reset();
    }
    return { table, version, rows, block, lane: this.#lane, ...(scrapedAt !== undefined && { scrapedAt }) };
  }
}
