/** The series that a scrape writes about itself, named and timed as Prometheus does. */
import type { NewSeries } from "@lockstep/formats/exposition/page";
import type { SampleBlock } from "@lockstep/formats/sample-block";
import { type Labels, METRIC_NAME } from "@lockstep/schemas/domain/labels";
import { identify } from "../enrich/page-labels.ts";

export type Report = {
  readonly up: boolean;
  readonly durationSeconds: number;
  readonly samples: number;
  readonly kept: number;
  readonly added: number;
};

/** Microseconds: what is finer is noise, and noise is what samples cost on disk. */
const DURATION_DECIMALS = 6;

export class ReportSeries {
  readonly #series: readonly NewSeries[];

  constructor(targetLabels: Labels) {
    const names = [
      "up",
      "scrape_duration_seconds",
      "scrape_samples_scraped",
      "scrape_samples_post_metric_relabeling",
      "scrape_series_added",
    ];
    this.#series = names.map((name) => {
      const resolved = { ...identify(new Map([[METRIC_NAME, name], ...targetLabels])), blanks: false };
      return { resolved, type: "gauge", unit: name === "scrape_duration_seconds" ? "seconds" : "" };
    });
  }

  get described(): readonly NewSeries[] {
    return this.#series;
  }

  push(report: Report, tsMs: number, block: SampleBlock): void {
    const values = [report.up ? 1 : 0, report.durationSeconds, report.samples, report.kept, report.added];
    this.#series.forEach(({ resolved }, i) => {
      const decimals = i === 1 ? DURATION_DECIMALS : 0;
      block.push(resolved.metric, resolved.lo, resolved.hi, tsMs, values[i]!, decimals);
    });
  }

  pushStale(tsMs: number, block: SampleBlock): void {
    for (const { resolved } of this.#series) block.pushStale(resolved.metric, resolved.lo, resolved.hi, tsMs);
  }
}
