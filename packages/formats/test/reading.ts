/** A page reader as the collector sets one up, and its samples by their printed series. */
import type { PageOptions, PageSummary } from "../src/exposition/page.ts";
import { PageReader } from "../src/exposition/page-reader.ts";
import { SampleBlock } from "../src/sample-block.ts";
import { seriesId } from "../src/series-id.ts";
import { type SampleRow, sampleRows } from "./sample-rows.ts";

export function print(labels: ReadonlyMap<string, string>): string {
  const rest = [...labels].filter(([name]) => name !== "__name__").sort();
  return `${labels.get("__name__")}{${rest.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}}`;
}

export class Reading {
  readonly reader: PageReader;
  readonly names = new Map<bigint, string>();
  readonly block = new SampleBlock(16);

  constructor(options: Partial<PageOptions> = {}) {
    this.reader = new PageReader({
      resolve: (pageLabels) => {
        const labels = new Map([...pageLabels].filter(([, value]) => value !== ""));
        const id = seriesId(labels);
        this.names.set((BigInt(id.hi) << 32n) | BigInt(id.lo), print(labels));
        return { labels, metric: 1, ...id, blanks: (labels.get("__name__") ?? "").startsWith("DCGM_") };
      },
      honorTimestamps: true,
      maxSamples: 10_000,
      sampleLimit: 0,
      maxLineBytes: 10_000,
      strict: false,
      ...options,
    });
  }

  page(text: string | Buffer, ts = 1000, cuts: readonly number[] = []): { summary: PageSummary; rows: SampleRow[] } {
    const page = Buffer.isBuffer(text) ? text : Buffer.from(text);
    this.block.reset();
    this.reader.begin(ts, this.block);
    const edges = [0, ...[...cuts].map((cut) => cut % (page.length + 1)).sort((a, b) => a - b), page.length];
    for (let i = 1; i < edges.length; i++) {
      // A copy that is wiped after the call, as the shared read buffer of the collector would be.
      const piece = Buffer.from(page.subarray(edges[i - 1], edges[i]));
      this.reader.feed(piece);
      piece.fill(0x21);
    }
    const summary = this.reader.finish();
    return { summary, rows: sampleRows(this.block) };
  }

  fail(ts = 1000): SampleRow[] {
    this.block.reset();
    this.reader.fail(ts, this.block);
    return sampleRows(this.block);
  }

  /** Samples as "series value", markers as "series stale". */
  lines(rows: readonly SampleRow[]): string[] {
    return rows.map((row) => `${this.names.get(row.series)} ${row.stale ? "stale" : row.value}`);
  }
}
