/** Pages of NCCL Inspector's Prometheus mode: files that are overwritten, so there is no page before to compare with. */
import type { NewSeries } from "@lockstep/formats/exposition/page";
import { toDecimal } from "@lockstep/formats/exposition/value";
import { seriesLabels } from "@lockstep/formats/inspector/prometheus";
import { SampleBlock } from "@lockstep/formats/sample-block";
import { METRIC_NAME } from "@lockstep/schemas/domain/labels";
import { identify } from "../enrich/page-labels.ts";
import type { InspectorPage } from "../tail/trace-sink.ts";

/** As long as a series' labels are good for (schemas/clickhouse/0001). */
const SEND_AGAIN_MS = 3_600_000;
const MAX_KNOWN = 200_000;

export class InspectorSeries {
  /** When the labels of a series were sent last, by its id. */
  readonly #sent = new Map<string, number>();

  /** Samples of one page, of the time at which the file was written. */
  read({ samples, writtenAtMs }: InspectorPage): { block: SampleBlock; unsent: NewSeries[] } {
    const block = new SampleBlock(samples.length);
    const unsent: NewSeries[] = [];
    for (const { metric, labels, value } of samples) {
      const resolved = identify(new Map([...seriesLabels(metric, labels), [METRIC_NAME, metric]]));
      const decimal = toDecimal(value);
      if (decimal === undefined) block.pushFloat(resolved.metric, resolved.lo, resolved.hi, writtenAtMs, value);
      else {
        const { mantissa, exponent } = decimal;
        block.pushMantissa(resolved.metric, resolved.lo, resolved.hi, writtenAtMs, mantissa, exponent);
      }
      if (this.#isDue(`${resolved.hi} ${resolved.lo}`, writtenAtMs)) {
        unsent.push({ resolved: { ...resolved, blanks: false }, type: "gauge", unit: "" });
      }
    }
    return { block, unsent };
  }

  #isDue(id: string, now: number): boolean {
    const sent = this.#sent.get(id);
    if (sent !== undefined && now - sent < SEND_AGAIN_MS) return false;
    if (this.#sent.size >= MAX_KNOWN) this.#sent.clear();
    this.#sent.set(id, now);
    return true;
  }
}
