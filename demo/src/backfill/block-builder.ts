import { SampleBlock } from "@lockstep/formats/sample-block";
import type { OutgoingBlock } from "@lockstep/log/log";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import { smoothNoise, uniform } from "../model/noise.ts";
import { type Columns, FIELDS, type Field, mantissa, READINGS } from "../model/readings.ts";
import { readLines, VLLM_LINES } from "../serving/vllm-page.ts";
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
  readonly #reports: readonly { readonly report: Report; readonly target: number; readonly place: number }[];
  /** By replica and line of its page: place of the series, and what its value is multiplied with. */
  readonly #served: readonly { readonly places: Int32Array; readonly scales: Float64Array }[];
  readonly #lines = new Float64Array(VLLM_LINES);
  /** By target: nodes, then replicas. */
  readonly #samplesOfTarget: Float64Array;

  /** `nodeOf`: by GPU, the place of its node among `nodes`; `replicas` of model servers are targets too. */
  constructor(series: readonly Series[], nodeOf: readonly number[], nodes: number, replicas: number) {
    this.#series = series;
    this.#capacity = Math.max(1, Math.floor(MAX_BLOCK_ROWS / series.length));
    this.#values = new Float64Array(series.length * this.#capacity);
    this.#block = new SampleBlock(series.length * this.#capacity);
    const places = new Map<Field, Int32Array>();
    const reports: { report: Report; target: number; place: number }[] = [];
    const served = Array.from({ length: replicas }, () => {
      return { places: new Int32Array(VLLM_LINES), scales: new Float64Array(VLLM_LINES) };
    });
    this.#samplesOfTarget = new Float64Array(nodes + replicas);
    series.forEach(({ source, exponent }, place) => {
      if (source.kind === "report") {
        reports.push({ report: source.report, target: source.target, place });
      } else if (source.kind === "served") {
        served[source.replica]!.places[source.line] = place;
        served[source.replica]!.scales[source.line] = 10 ** exponent;
        this.#samplesOfTarget[nodes + source.replica]! += 1;
      } else {
        const ofField = places.get(source.field) ?? new Int32Array(nodeOf.length).fill(-1);
        ofField[source.gpu] = place;
        places.set(source.field, ofField);
        this.#samplesOfTarget[nodeOf[source.gpu]!]! += 1;
      }
    });
    this.#places = FIELDS.flatMap((field) => {
      const ofField = places.get(field);
      return ofField === undefined ? [] : [{ field, places: ofField }];
    });
    this.#reports = reports;
    this.#served = served;
  }

  get full(): boolean {
    return this.#times.length === this.#capacity;
  }

  /** Where the gathered moments end; undefined while there are none. */
  get lastMs(): number | undefined {
    return this.#times.at(-1);
  }

  /**
   * Adds a moment later than all before it. `replicas`: what each model server's values stand at. `first`: the targets had
   * not been scraped before.
   */
  add(tickMs: number, columns: Columns, replicas: readonly Float64Array[], seed: number, first: boolean): void {
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
    for (const [replica, { places, scales }] of this.#served.entries()) {
      readLines(replicas[replica]!, this.#lines);
      for (let line = 0; line < places.length; line++) {
        this.#values[places[line]! * stride + at] = Math.round(this.#lines[line]! * scales[line]!);
      }
    }
    for (const { report, target, place } of this.#reports) {
      const samples = this.#samplesOfTarget[target]!;
      this.#values[place * stride + at] = reportMantissa(report, target, samples, tickMs, seed, first);
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

function reportMantissa(report: Report, target: number, samples: number, tickMs: number, seed: number, first: boolean) {
  if (report === "up") return 1;
  if (report === "scrape_series_added") return first ? samples : 0;
  if (report !== "scrape_duration_seconds") return samples;
  const unrest =
    0.3 * smoothNoise(seed, 400 + target, tickMs, 120_000) + 0.5 * uniform(seed, 430 + target, tickMs / 15_000);
  return Math.round(0.0045 * (1 + unrest) * 10 ** REPORT_DECIMALS);
}
