/** What becomes of the data points of one OTLP request. */
import { type StoredObserved, toStored } from "@lockstep/analysis/drift/stored-observed";
import { advance, type StreamPoint } from "@lockstep/formats/otlp/cumulative";
import type { ExponentialPoint, HistogramPoint, Metric } from "@lockstep/formats/otlp/metrics";
import { type ModelPoint, modelOf, modelPoint } from "@lockstep/formats/otlp/model-point";
import { type SeriesPoint, seriesPoints } from "@lockstep/formats/otlp/series-points";
import type { Changes, Known } from "./intake.ts";
import { STREAM_KEPT_MS } from "./intake-state.ts";

export type MetricsTaken = {
  /** Data points. */
  readonly accepted: number;
  readonly rejected: number;
  /** Why the first of them were rejected; empty where none was. */
  readonly message: string;
};

const MAX_TOLD = 5;

export class MetricsIntake {
  readonly #known: Known;
  readonly #now: number;
  readonly #rows: StoredObserved[] = [];
  readonly #samples: SeriesPoint[] = [];
  readonly #streams = new Map<string, StreamPoint>();
  readonly #told: string[] = [];
  #accepted = 0;
  #rejected = 0;

  /** `now`: ms since 1970. */
  constructor(known: Known, now: number) {
    this.#known = known;
    this.#now = now;
  }

  /** `key`: by which the request is known when it comes again. Nothing of one that is refused whole is kept. */
  decide(metrics: readonly Metric[], key: string): { answer: MetricsTaken; changes?: Changes } {
    const before = this.#known.taken(key);
    if (before !== undefined) return { answer: JSON.parse(before) as MetricsTaken };
    for (const metric of metrics) this.#metric(metric);
    const [accepted, rejected] = [this.#accepted, this.#rejected];
    const answer = { accepted, rejected, message: this.#message() };
    if (accepted === 0) return { answer, changes: { streams: this.#streams } };
    const taken = new Map([[key, JSON.stringify(answer)]]);
    return { answer, changes: { rows: this.#rows, samples: this.#samples, streams: this.#streams, taken } };
  }

  #message(): string {
    if (this.#told.length === 0) return "";
    const more = this.#rejected - this.#told.length;
    return `${this.#told.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
  }

  #metric(metric: Metric): void {
    const { points } = metric.data;
    for (let index = 0; index < points.length; index++) {
      const problem = this.#point(metric, index);
      if (problem === undefined) this.#accepted++;
      else this.#reject(`metric ${metric.name}, data point ${index}: ${problem}`);
    }
  }

  #reject(problem: string): void {
    this.#rejected++;
    if (this.#told.length < MAX_TOLD) this.#told.push(problem);
  }

  /** Why it was not taken. */
  #point(metric: Metric, index: number): string | undefined {
    const { data } = metric;
    const point = data.points[index]!;
    const model = data.form === "histogram" || data.form === "exponential" ? modelOf(metric, point) : undefined;
    if (model !== undefined) {
      if (point.noValue) return undefined;
      const read = modelPoint(metric, point as HistogramPoint | ExponentialPoint, model, this.#now);
      return typeof read === "string" ? read : this.#observe(read);
    }
    const samples = seriesPoints(metric, index, this.#now);
    if (typeof samples === "string") return samples;
    for (const sample of samples) this.#samples.push(sample);
    return undefined;
  }

  #observe(point: ModelPoint): string | undefined {
    const { stream, observed, cumulative, startMs } = point;
    if (!cumulative) {
      this.#row(point, observed);
      return undefined;
    }
    const previous = this.#streams.get(stream) ?? this.#known.stream(stream);
    if (previous === undefined && !this.#known.roomForStreams) {
      return "found more cumulative streams than are kept; send delta temporality";
    }
    const forgotten = previous === undefined && startMs !== undefined && this.#now - startMs > STREAM_KEPT_MS;
    const { counted, next, problem } = advance(previous, forgotten ? { ...point, startMs: undefined } : point);
    this.#streams.set(stream, forgotten ? { ...next, startMs } : next);
    if (counted !== undefined) this.#row(point, { ...observed, ...counted });
    if (!forgotten) return problem;
    return "start_time_unix_nano: found one of more than 30 days ago for a stream that is not known; counting begins with this point";
  }

  #row({ stream }: ModelPoint, observed: ModelPoint["observed"]): void {
    const row = toStored(observed, { source: "otlp", origin: stream, seen: this.#now });
    if (row.count > 0) this.#rows.push(row);
  }
}
