/** The newest verdict on each model, as series and the heartbeat show it. */
import type { PerformanceMetric, PerformanceWay } from "@lockstep/schemas/process/verdict-metrics";
import { type JudgedModel, MAX_DETAIL_JOBS } from "@lockstep/schemas/process/watch-detail";
import type { ToldWindow } from "./drift-work.ts";
import type { SeriesOf } from "./series-of.ts";

export type ModelPerformance = {
  readonly version: string;
  readonly way: PerformanceWay;
  readonly values: Readonly<Partial<Record<PerformanceMetric, number>>>;
};

type Shown = {
  readonly untilMs: number;
  readonly judgedMs: number;
  readonly series: SeriesOf;
  readonly performances: readonly ModelPerformance[];
  readonly notEnough: readonly string[];
};

export class ModelBoard {
  readonly #shown = new Map<string, Shown>();
  readonly #heard = new Map<string, number>();
  /** Windows of scraped histograms that could not be trusted, since this watch leads. */
  dropped = 0;

  get shown(): ReadonlyMap<string, Shown> {
    return this.#shown;
  }

  /** Models of which windows came in lately. */
  get count(): number {
    return this.#heard.size;
  }

  heard(models: ReadonlySet<string>, nowMs: number): void {
    for (const model of models) this.#heard.set(model, nowMs);
  }

  judged({ model, untilMs, series, performances, notEnough }: ToldWindow, nowMs: number): void {
    if (untilMs < (this.#shown.get(model)?.untilMs ?? 0)) return;
    this.#shown.set(model, { untilMs, judgedMs: nowMs, series, performances, notEnough });
  }

  /** Of each model, windows that ended before are of the past. */
  keepShown(from: (model: string) => number): void {
    for (const [model, { untilMs }] of this.#shown) if (untilMs <= from(model)) this.#shown.delete(model);
    for (const [model, heardMs] of this.#heard) if (heardMs < from(model)) this.#heard.delete(model);
  }

  clear(): void {
    this.#shown.clear();
    this.#heard.clear();
    this.dropped = 0;
  }

  detail(): JudgedModel[] {
    return [...this.#shown]
      .sort(([, a], [, b]) => b.judgedMs - a.judgedMs)
      .slice(0, MAX_DETAIL_JOBS)
      .map(([model, { untilMs, judgedMs, notEnough }]) => {
        return { model, judgedUntil: untilMs, judgedAt: judgedMs, notEnoughData: [...notEnough] };
      });
  }
}
