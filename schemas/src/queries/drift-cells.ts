/**
 * Histograms as watch reads them by the hundred thousand: in RowBinary, by position, in the order of DRIFT_CELL_COLUMNS.
 * Histograms of one shape are added up by ClickHouse; those of unlike shapes come as a row each.
 */

/** Of one row of `histograms`: what must be alike for two to add up cell by cell. */
export const CELL_SHAPE = "histograms.bounds, histograms.scale, zero_threshold, positive_offset, negative_offset";

const SUMS = {
  bounds: "histograms.bounds",
  counts: "arrayMap(n -> toFloat64(n), sumForEach(histograms.counts))",
  scale: "histograms.scale",
  zeroThreshold: "zero_threshold",
  zeroCount: "toFloat64(sum(zero_count))",
  positiveOffset: "positive_offset",
  positive: "arrayMap(n -> toFloat64(n), sumForEach(histograms.positive))",
  negativeOffset: "negative_offset",
  negative: "arrayMap(n -> toFloat64(n), sumForEach(histograms.negative))",
  names: "(sumMap(mapKeys(categories), mapValues(categories)) AS named).1",
  ofNames: "arrayMap(n -> toFloat64(n), named.2)",
  missing: "toFloat64(sum(histograms.missing))",
  labelled: "arrayMap(n -> toFloat64(n), sumForEach(histograms.labelled))",
  positives: "arrayMap(n -> toFloat64(n), sumForEach(histograms.positives))",
  scoreSums: "sumForEach(score_sums)",
} as const;

/** `named`: SQL of the first seven columns, texts and Unix ms. */
export function cellColumns(
  named: Readonly<Record<"model" | "since" | "until" | "version" | "replica", string>>,
): string {
  const texts = { model: named.model, version: named.version, replica: named.replica };
  const first = [
    ...Object.entries(texts).map(([name, sql]) => `toString(${sql}) AS ${name}Name`),
    "toString(histograms.kind) AS kindName",
    "toString(histograms.feature) AS featureName",
    `toInt64(${named.since} AS windowSince) AS sinceAt`,
    `toInt64(${named.until} AS windowUntil) AS untilAt`,
  ];
  const sums = Object.entries(SUMS).map(([name, sql]) => `${sql} AS ${name}Sum`);
  return [...first, ...sums].join(",\n  ");
}

/** In this order. */
export type DriftCellsRow = {
  readonly model: string;
  /** Empty where versions are added up; so are replicas. */
  readonly version: string;
  readonly replica: string;
  readonly kind: string;
  readonly feature: string;
  /** Unix ms; 0 where windows are added up. */
  readonly sinceAt: number;
  readonly untilAt: number;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly scale: number | null;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positiveOffset: number;
  readonly positive: readonly number[];
  readonly negativeOffset: number;
  readonly negative: readonly number[];
  readonly names: readonly string[];
  readonly ofNames: readonly number[];
  readonly missing: number;
  readonly labelled: readonly number[];
  readonly positives: readonly number[];
  readonly scoreSums: readonly number[];
};
