import { SampleBlock } from "@lockstep/formats/sample-block";
import type { OutgoingBlock } from "@lockstep/log/log";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import { smoothNoise, uniform } from "../model/noise.ts";
import { type Columns, FIELDS, type Field, mantissa, READINGS } from "../model/readings.ts";
import { REPORT_DECIMALS, type Report, type Series } from "./series.ts";

export const MAX_BLOCK_ROWS = 200_000;

/**
 * Gathers moments of all series and makes blocks of them whose rows stand in the order of the samples table, so that
 * the store need not sort them: values are kept series by series, a few dozen moments each.
 */
export class BlockBuilder {
  readonly #series: readonly Series[];
  readonly #capacity: number;
  readonly #values: Float64Array;
  readonly #times: number[] = [];
  readonly #block: SampleBlock;
  /** Where each field's values go: place of the series, by GPU; -1 where the counters file leaves the field out. */
  readonly #places: readonly { readonly field: Field; readonly places: Int32Array }[];
  readonly #reports: readonly { readonly report: Report; readonly node: number; readonly place: number }[];
  readonly #samplesOfNode: Float64Array;

  constructor(series: readonly Series[], gpus: number, nodes: number, gpuNode: readonly number[]) {
    this.#series = series;
    this.#capacity = Math.max(1, Math.floor(MAX_BLOCK_ROWS / series.length));
    this.#values = new Float64Array(series.length * this.#capacity);
    this.#block = new SampleBlock(series.length * this.#capacity);
    const places = new Map<Field, Int32Array>();
    const reports: { report: Report; node: number; place: number }[] = [];
    this.#samplesOfNode = new Float64Array(nodes);
    series.forEach(({ source }, place) => {
      if (source.kind === "node") {
        reports.push({ report: source.report, node: source.node, place });
        return;
      }
      const ofField = places.get(source.field) ?? new Int32Array(gpus).fill(-1);
      ofField[source.gpu] = place;
      places.set(source.field, ofField);
      this.#samplesOfNode[gpuNode[source.gpu]!]! += 1;
    });
    this.#places = FIELDS.flatMap((field) => {
      const ofField = places.get(field);
      return ofField === undefined ? [] : [{ field, places: ofField }];
    });
    this.#reports = reports;
  }

  get full(): boolean {
    return this.#times.length === this.#capacity;
  }

  /** Where the gathered moments end; undefined while there are none. */
  get lastMs(): number | undefined {
    return this.#times.at(-1);
  }

  /** Adds a moment later than all before it. `first`: the targets had not been scraped before. */
  add(tickMs: number, columns: Columns, seed: number, first: boolean): void {
    const at = this.#times.length;
    const stride = this.#capacity;
    for (const { field, places } of this.#places) {
      const reading = READINGS[field];
      const column = columns[field];
      for (let gpu = 0; gpu < places.length; gpu++) {
        const place = places[gpu]!;
        if (place !== -1) this.#values[place * stride + at] = mantissa(reading, column[gpu]!);
      }
    }
    for (const { report, node, place } of this.#reports) {
      this.#values[place * stride + at] = reportMantissa(report, node, this.#samplesOfNode[node]!, tickMs, seed, first);
    }
    this.#times.push(tickMs);
  }

  /** The gathered moments as a block; then it is empty again. */
  take(): OutgoingBlock {
    const block = this.#block;
    const times = this.#times;
    block.reset();
    this.#series.forEach(({ metric, id, exponent }, place) => {
      const from = place * this.#capacity;
      for (let i = 0; i < times.length; i++) {
        block.pushMantissa(metric, id.lo, id.hi, times[i]!, this.#values[from + i]!, exponent);
      }
    });
    times.length = 0;
    const { version } = BLOCK_TABLES.samples;
    return { table: "samples", version, rows: block.rows, block: block.encode() };
  }
}

function reportMantissa(report: Report, node: number, samples: number, tickMs: number, seed: number, first: boolean) {
  if (report === "up") return 1;
  if (report === "scrape_series_added") return first ? samples : 0;
  if (report !== "scrape_duration_seconds") return samples;
  const unrest =
    0.3 * smoothNoise(seed, 400 + node, tickMs, 120_000) + 0.5 * uniform(seed, 430 + node, tickMs / 15_000);
  return Math.round(0.0045 * (1 + unrest) * 10 ** REPORT_DECIMALS);
}
