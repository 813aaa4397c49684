/** Samples of metrics that were posted, as blocks of the log: labels first, and again when they are an hour old. */
import type { NewSeries } from "@lockstep/formats/exposition/page";
import { toDecimal } from "@lockstep/formats/exposition/value";
import { SampleBlock } from "@lockstep/formats/sample-block";
import type { OutgoingBlock } from "@lockstep/log/log";
import type { Labels } from "@lockstep/schemas/domain/labels";
import { identify } from "../enrich/page-labels.ts";
import { placeOf } from "../target-hash.ts";
import { Lane } from "./lane.ts";

export type SeriesSample = {
  /** With the metric's name. */
  readonly labels: Labels;
  readonly type: string;
  readonly unit: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** undefined: the series has ended. */
  readonly value: number | undefined;
};

/** As long as a series' labels are good for (schemas/clickhouse/0001). */
const SEND_AGAIN_MS = 3_600_000;
const MAX_KNOWN = 200_000;
const MAX_BLOCK_ROWS = 500_000;

export class PostedSeries {
  readonly #lanes: number;
  /** When the labels of a series were sent last, by its id. */
  readonly #sent = new Map<string, number>();

  constructor(lanes: number) {
    this.#lanes = lanes;
  }

  /** All labels before all samples. `now`: ms since 1970. */
  blocks(samples: readonly SeriesSample[], now: number): OutgoingBlock[] {
    if (samples.length === 0) return [];
    const lanes = Map.groupBy(samples, (sample) => this.#laneOf(sample));
    const [labels, values]: [OutgoingBlock[], OutgoingBlock[]] = [[], []];
    for (const [number, ofLane] of lanes) {
      const lane = new Lane(number);
      for (let from = 0; from < ofLane.length; from += MAX_BLOCK_ROWS) {
        this.#write(ofLane.slice(from, from + MAX_BLOCK_ROWS), lane, now);
        values.push(lane.takeSamples()!);
      }
      labels.push(...lane.takeSeries());
    }
    return [...labels, ...values];
  }

  /** The last blocks did not become part of the log. */
  forget(): void {
    this.#sent.clear();
  }

  #write(samples: readonly SeriesSample[], lane: Lane, now: number): void {
    const block = new SampleBlock(samples.length);
    const unsent: NewSeries[] = [];
    for (const { labels, type, unit, at, value } of samples) {
      const resolved = identify(labels);
      const { metric, lo, hi } = resolved;
      const decimal = value === undefined ? undefined : toDecimal(value);
      if (value === undefined) block.pushStale(metric, lo, hi, at);
      else if (decimal === undefined) block.pushFloat(metric, lo, hi, at, value);
      else block.pushMantissa(metric, lo, hi, at, decimal.mantissa, decimal.exponent);
      if (this.#isDue(`${hi} ${lo}`, now)) unsent.push({ resolved: { ...resolved, blanks: false }, type, unit });
    }
    lane.page(block, undefined);
    lane.series(unsent, now);
  }

  /** A series stays in one lane, whoever sends it. */
  #laneOf({ labels }: SeriesSample): number {
    return this.#lanes === 1 ? 0 : placeOf(labels, "lane", this.#lanes);
  }

  #isDue(id: string, now: number): boolean {
    const sent = this.#sent.get(id);
    if (sent !== undefined && now - sent < SEND_AGAIN_MS) return false;
    if (this.#sent.size >= MAX_KNOWN) this.#sent.clear();
    this.#sent.set(id, now);
    return true;
  }
}
