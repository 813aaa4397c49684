/**
 * What a model was given and what it answered in one window, as histograms that add: rows of table `histograms`. Nothing here
 * holds a single request.
 */
import type { Labels } from "./labels.ts";

/** What a histogram is of: what the model was given, what it answered, its score of class 1, or how long it took. */
export const OBSERVED_KINDS = ["input", "prediction", "score", "latency"] as const;
export type ObservedKind = (typeof OBSERVED_KINDS)[number];

/**
 * `bounds` are the edges of the cells, ascending, one more than counts; the first may be -Infinity and the last Infinity.
 * A value on an edge is in the cell below it as Prometheus and OpenTelemetry have it.
 */
export type ExplicitCells = {
  readonly form: "explicit";
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
};

export type Buckets = { readonly offset: number; readonly counts: readonly number[] };

/** Bucket i holds (base^i, base^(i+1)] with base = 2^(2^-scale), on either side of zero; nearer to zero than the threshold is the zero bucket. */
export type ExponentialCells = {
  readonly form: "exponential";
  readonly scale: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
};

export type CategoryCells = { readonly form: "categories"; readonly counts: ReadonlyMap<string, number> };

export type Cells = ExplicitCells | ExponentialCells | CategoryCells;

/** By cell of a score's explicit bounds: rows whose label is known, of these class 1, and the sum of their scores. */
export type LabelledCells = {
  readonly labelled: readonly number[];
  readonly positives: readonly number[];
  readonly scoreSums: readonly number[];
};

export type Observed = {
  readonly model: string;
  /** Empty where it is not told; so is the replica. */
  readonly version: string;
  readonly replica: string;
  /** Segments such as region or tenant. */
  readonly labels: Labels;
  readonly kind: ObservedKind;
  readonly feature: string;
  /** Milliseconds since 1970: the window is [since, until). */
  readonly since: number;
  readonly until: number;
  readonly cells: Cells;
  /** Rows without a value, beside those that the cells hold. */
  readonly missing: number;
  readonly sum: number | undefined;
  /** Of kind score, where labels have come. */
  readonly labelled?: LabelledCells;
};

export type ObservedSource = "prometheus" | "otlp" | "observations" | "import";
