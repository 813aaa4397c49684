/** An OTLP metrics request as either encoding says it; what Lockstep has no use for (exemplars, dropped counts) is left out. */

/** Values as text: numbers in their shortest form, arrays and lists as JSON, bytes as base64. */
export type Attributes = ReadonlyMap<string, string>;

/** How points of one stream add up; `unspecified` is an error of the sender. */
export type Temporality = "unspecified" | "delta" | "cumulative";

export type PointBase = {
  readonly attributes: Attributes;
  /** Milliseconds since 1970; undefined where the sender gave none (0). */
  readonly startMs: number | undefined;
  readonly timeMs: number;
  /** The sender says that there is no value at this time: the stream has ended. */
  readonly noValue: boolean;
};

export type NumberPoint = PointBase & { readonly value: number | undefined };

export type HistogramPoint = PointBase & {
  readonly count: number;
  readonly sum: number | undefined;
  /** One more than bounds, or none where only count and sum are told. */
  readonly bucketCounts: readonly number[];
  readonly explicitBounds: readonly number[];
};

export type PointBuckets = { readonly offset: number; readonly counts: readonly number[] };

export type ExponentialPoint = PointBase & {
  readonly count: number;
  readonly sum: number | undefined;
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: PointBuckets;
  readonly negative: PointBuckets;
};

export type Quantile = { readonly quantile: number; readonly value: number };

export type SummaryPoint = PointBase & {
  readonly count: number;
  readonly sum: number;
  readonly quantiles: readonly Quantile[];
};

export type MetricData =
  | { readonly form: "gauge"; readonly points: readonly NumberPoint[] }
  | {
      readonly form: "sum";
      readonly temporality: Temporality;
      readonly monotonic: boolean;
      readonly points: readonly NumberPoint[];
    }
  | { readonly form: "histogram"; readonly temporality: Temporality; readonly points: readonly HistogramPoint[] }
  | { readonly form: "exponential"; readonly temporality: Temporality; readonly points: readonly ExponentialPoint[] }
  | { readonly form: "summary"; readonly points: readonly SummaryPoint[] }
  /** Of a kind that this protocol did not have when this was written. */
  | { readonly form: "unknown"; readonly points: readonly [] };

export type Metric = {
  readonly resource: Attributes;
  readonly scope: string;
  readonly name: string;
  readonly unit: string;
  readonly data: MetricData;
};

export const TEMPORALITIES: readonly Temporality[] = ["unspecified", "delta", "cumulative"];

/** Of all points together, and of all metrics, in one request. */
export const MAX_POINTS = 200_000;
/** Attributes within attributes. */
export const MAX_NESTING = 16;

/** `place`: a byte offset or the path of a field. */
export class OtlpError extends Error {
  override readonly name = "OtlpError";
  readonly place: string;
  constructor(place: string, problem: string) {
    super(`${place}: ${problem}`);
    this.place = place;
  }
}
