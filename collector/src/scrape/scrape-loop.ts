import type { RelabelConfig } from "@lockstep/config/config";
import type { TargetSpec } from "@lockstep/config/target";
import { type PageCounts, PageError, type PageSummary } from "@lockstep/formats/exposition/page";
import { PageReader } from "@lockstep/formats/exposition/page-reader";
import { SampleBlock } from "@lockstep/formats/sample-block";
import { createPageLabels } from "../enrich/page-labels.ts";
import type { Publisher } from "../publish/publisher.ts";
import { startDeadline } from "./deadline.ts";
import { endLegacy, type Legacy, legacyOf, NO_LEGACY } from "./legacy.ts";
import { PageFetch } from "./page-fetch.ts";
import { ReportSeries } from "./report.ts";
import { ScrapeError } from "./scrape-error.ts";
import type { TargetState } from "./target-state.ts";

/** Where the configuration sets no bound of its own. */
const MAX_BODY_BYTES = 64 * 2 ** 20;
/** With as many staleness markers a page still fits one atomic post of ingest (1,048,576 rows). */
const MAX_SAMPLES = 500_000;
const MAX_LINE_BYTES = 2 ** 20;
/** Labels go to the log again after this long, so that the newest `series` rows never age beyond it. */
const RESEND_MS = 3_600_000;
/** A timer is this late at most to have its sample on the interval's grid: equal steps cost nothing on disk. */
const ALIGN_TOLERANCE_MS = 10;

export type ScrapeLoopOptions = {
  readonly target: TargetSpec;
  readonly publisher: Publisher;
  readonly strict: boolean;
  readonly compileRelabel: (
    configs: readonly RelabelConfig[],
  ) => (labels: Map<string, string>) => Map<string, string> | null;
  readonly now: () => number;
  /** 0 <= offset < interval: where in each interval this target has its turn. */
  readonly offsetMs: number;
  readonly onState: (state: TargetState) => void;
  /** What an earlier loop of the same target leaves; this one begins when it has come. */
  readonly predecessor?: Promise<Legacy>;
};

type Outcome = {
  readonly summary?: PageSummary;
  /** Of a page that came but was refused: what it had, as Prometheus reports it. */
  readonly refused?: PageCounts;
  readonly bodyBytes: number;
  readonly error: string;
};

/** Scrapes one target on its interval until stopped. Nothing here waits for another target. */
export class ScrapeLoop {
  readonly #options: ScrapeLoopOptions;
  readonly #fetch: PageFetch;
  readonly #reader: PageReader;
  readonly #report: ReportSeries;
  readonly #lane: number;
  readonly #page = new SampleBlock(512);
  #timer: NodeJS.Timeout | undefined;
  #scraping: Promise<void> = Promise.resolve();
  readonly #feed = (chunk: Buffer) => this.#reader.feed(chunk);
  #stopped = false;
  #reportSent = false;
  #legacy: Legacy = NO_LEGACY;
  /** Whether the last page came whole, and its series are in the log. */
  #good = false;
  #resendAt: number;

  constructor(options: ScrapeLoopOptions) {
    const { target, compileRelabel, strict, now } = options;
    const { limits, honorLabels, honorTimestamps, metricRelabelConfigs } = target.scrape;
    this.#options = options;
    this.#fetch = new PageFetch({
      url: target.url,
      scrape: target.scrape,
      timeoutMs: target.timeoutMs,
      maxBodyBytes: limits.bodySizeBytes ?? MAX_BODY_BYTES,
    });
    const relabel = compileRelabel(metricRelabelConfigs);
    this.#reader = new PageReader({
      resolve: createPageLabels({ targetLabels: target.labels, honorLabels, limits, relabel }),
      honorTimestamps,
      strict,
      maxSamples: MAX_SAMPLES,
      sampleLimit: limits.samples ?? 0,
      maxLineBytes: MAX_LINE_BYTES,
    });
    this.#report = new ReportSeries(target.labels);
    this.#lane = options.publisher.laneOf(target.labels);
    this.#resendAt = now() + RESEND_MS * (0.5 + options.offsetMs / target.intervalMs / 2);
  }

  start(): void {
    const { predecessor } = this.#options;
    if (predecessor === undefined) {
      this.#begin();
      return;
    }
    this.#scraping = predecessor.then((legacy) => {
      this.#legacy = legacy;
      this.#begin();
    });
  }

  #begin(): void {
    this.#schedule(nextTurn(this.#options.now(), this.#options.target.intervalMs, this.#options.offsetMs));
  }

  #schedule(at: number): void {
    if (this.#stopped) return;
    const { now, target } = this.#options;
    this.#timer = setTimeout(
      () => {
        this.#scraping = this.#scrape(at).then(() => {
          const interval = target.intervalMs;
          // A scrape that ran into its successor's turn leaves that one out.
          this.#schedule(at + interval * Math.max(1, Math.ceil((now() - at) / interval)));
        });
      },
      Math.max(0, at - now()),
    );
  }

  async #scrape(planned: number): Promise<void> {
    const { now, publisher, target } = this.#options;
    const started = now();
    const tolerance = Math.min(ALIGN_TOLERANCE_MS, target.intervalMs / 100);
    const ts = Math.abs(started - planned) <= tolerance ? planned : started;
    const refusal = publisher.refusal;
    const outcome: Outcome = refusal === undefined ? await this.#readPage(ts) : { bodyBytes: 0, error: refusal };
    if (this.#stopped) return; // the end of the target is written by `stop`
    const durationSeconds = (now() - started) / 1000;
    if (refusal === undefined) this.#publish(outcome, ts, durationSeconds);
    else publisher.refused();
    this.#options.onState({ target, ...outcome, lastScrapeMs: ts, durationSeconds });
  }

  async #readPage(ts: number): Promise<Outcome> {
    const { timeoutMs } = this.#options.target;
    const deadline = startDeadline(timeoutMs, () =>
      this.#fetch.abort(new ScrapeError("timeout", `no whole page within ${timeoutMs / 1000} s`)),
    );
    this.#page.reset();
    this.#reader.begin(ts, this.#page);
    let bodyBytes = 0;
    try {
      bodyBytes = await this.#fetch.fetch(this.#feed);
      return { summary: this.#reader.finish(), bodyBytes, error: "" };
    } catch (error) {
      this.#fetch.close();
      const refused = error instanceof PageError ? { refused: this.#reader.counts } : {};
      this.#page.reset();
      // Cut off by `stop`, which writes the end of the target itself.
      if (!this.#stopped) this.#reader.fail(ts, this.#page);
      const expected = error instanceof ScrapeError || error instanceof PageError;
      // Whatever a page did to us, it is this target's trouble and nobody else's.
      return { ...refused, bodyBytes, error: expected ? error.message : `internal error: ${(error as Error).stack}` };
    } finally {
      deadline.clear();
    }
  }

  #publish({ summary, refused, error }: Outcome, ts: number, durationSeconds: number): void {
    const { samples, kept, added } = summary ?? refused ?? { samples: 0, kept: 0, added: 0 };
    endLegacy(this.#legacy, summary === undefined ? [] : this.#reader.unsent, ts, this.#page);
    this.#legacy = NO_LEGACY;
    this.#good = summary !== undefined;
    this.#report.push({ up: error === "", durationSeconds, samples, kept, added }, ts, this.#page);
    if (ts >= this.#resendAt) {
      this.#resendAt = ts + RESEND_MS;
      this.#reportSent = false;
      this.#reader.resend();
    }
    const unsent = this.#reader.unsent;
    const described = this.#reportSent ? unsent : [...unsent, ...this.#report.described];
    this.#options.publisher.page(this.#page, described, this.#lane, ts);
    this.#reader.sent(unsent.length);
    this.#reportSent = true;
  }

  /** `gone`: the target is no longer to be scraped, and its series go stale; otherwise only this process ends. */
  async stop(gone: boolean): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#fetch.abort(new ScrapeError("timeout", "the target was removed"));
    await this.#scraping;
    this.#fetch.close();
    if (!gone) return;
    const ts = this.#options.now();
    this.#page.reset();
    this.#reader.fail(ts, this.#page);
    endLegacy(this.#legacy, [], ts, this.#page);
    if (this.#reportSent || this.#legacy.reported) this.#report.pushStale(ts, this.#page);
    this.#options.publisher.page(this.#page, [], this.#lane, ts);
  }

  /** Ends this loop and leaves its series to another one of the same target. */
  async handOver(): Promise<Legacy> {
    await this.stop(false);
    if (!this.#reportSent) return this.#legacy;
    if (!this.#good) return legacyOf([], true);
    const before = this.#reader.unsent.length;
    this.#reader.resend();
    return legacyOf(this.#reader.unsent.slice(before), true);
  }
}

/** The first time at or after `now` that lies on the grid interval * n + offset. */
export function nextTurn(now: number, intervalMs: number, offsetMs: number): number {
  return Math.ceil((now - offsetMs) / intervalMs) * intervalMs + offsetMs;
}
