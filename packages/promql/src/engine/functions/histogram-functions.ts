/** histogram_quantile and histogram_fraction over series with an `le` label. */

import { parseFloatText } from "../../format-number.ts";
import type { Expression } from "../../parse/ast.ts";
import { duplicateLabels } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { fromEntries, type Labels, labelValue, metricName, toMap, without, withoutName } from "../labels.ts";
import { type Column, type Grid, mergeSameLabels } from "../value.ts";
import { type BucketQuantile, type Buckets, bucketFraction, bucketQuantile } from "./histogram.ts";

/** The series of one classic histogram, ascending by bound. */
type Histogram = {
  readonly labels: Labels;
  readonly dropName: boolean;
  readonly buckets: { bound: number; column: Column }[];
};

const LE: ReadonlySet<string> = new Set(["le"]);

function histograms(evaluation: Evaluation, columns: readonly Column[], argument: Expression): Histogram[] {
  const found = new Map<string, Histogram>();
  for (const column of columns) {
    const le = labelValue(column.labels, "le");
    const bound = parseFloatText(le);
    if (bound === undefined) {
      const name = evaluation.delayedNames ? metricName(column.labels) : "";
      evaluation.annotations.badBucketLabel(name, le, argument.span);
      continue;
    }
    const labels = without(column.labels, LE);
    let histogram = found.get(labels.key);
    if (histogram === undefined) {
      histogram = { labels, dropName: column.dropName, buckets: [] };
      found.set(labels.key, histogram);
    }
    histogram.buckets.push({ bound, column });
  }
  for (const { buckets } of found.values()) buckets.sort((a, b) => a.bound - b.bound);
  return [...found.values()];
}

/** The buckets present at a step, those of the same bound added up. */
class BucketReader {
  private readonly bounds: Float64Array;
  private readonly counts: Float64Array;
  private readonly histogram: Histogram;

  constructor(histogram: Histogram) {
    this.histogram = histogram;
    this.bounds = new Float64Array(histogram.buckets.length);
    this.counts = new Float64Array(histogram.buckets.length);
  }

  at(step: number): Buckets {
    const { bounds, counts } = this;
    let length = 0;
    for (const { bound, column } of this.histogram.buckets) {
      if (column.present[step] === 0) continue;
      const count = column.values[step]!;
      if (length > 0 && bounds[length - 1] === bound) counts[length - 1]! += count;
      else {
        bounds[length] = bound;
        counts[length++] = count;
      }
    }
    return { bounds, counts, length };
  }
}

function perHistogram(
  evaluation: Evaluation,
  found: readonly Histogram[],
  grid: Grid,
  result: (buckets: Buckets, step: number, histogram: Histogram) => number,
): readonly Column[] {
  const columns = found.map((histogram): Column => {
    const reader = new BucketReader(histogram);
    const values = new Float64Array(grid.count);
    const present = new Uint8Array(grid.count);
    for (let step = 0; step < grid.count; step++) {
      const buckets = reader.at(step);
      if (buckets.length === 0) continue;
      values[step] = result(buckets, step, histogram);
      present[step] = 1;
    }
    return { labels: withoutName(histogram.labels), dropName: evaluation.delayedNames, values, present };
  });
  return mergeSameLabels(columns);
}

export function histogramQuantile(
  evaluation: Evaluation,
  quantile: Float64Array,
  columns: readonly Column[],
  args: readonly Expression[],
  grid: Grid,
): readonly Column[] {
  for (const q of quantile) if (!(q >= 0 && q <= 1)) evaluation.annotations.invalidQuantile(q, args[0]!.span);
  const found = histograms(evaluation, columns, args[1]!);
  return perHistogram(evaluation, found, grid, (buckets, step, histogram) =>
    noted(evaluation, bucketQuantile(quantile[step]!, buckets), histogram, args[1]!),
  );
}

function noted(evaluation: Evaluation, result: BucketQuantile, histogram: Histogram, argument: Expression): number {
  if (result.forcedMonotonic) {
    const name = evaluation.delayedNames ? metricName(histogram.labels) : "";
    evaluation.annotations.forcedMonotonicity(name, argument.span);
  }
  return result.value;
}

export function histogramFraction(
  evaluation: Evaluation,
  lower: Float64Array,
  upper: Float64Array,
  columns: readonly Column[],
  args: readonly Expression[],
  grid: Grid,
): readonly Column[] {
  const found = histograms(evaluation, columns, args[2]!);
  return perHistogram(evaluation, found, grid, (buckets, step) => bucketFraction(lower[step]!, upper[step]!, buckets));
}

/** Several quantiles at once, told apart by a label; an experimental function. */
export function histogramQuantiles(
  evaluation: Evaluation,
  label: string,
  quantiles: readonly Float64Array[],
  columns: readonly Column[],
  args: readonly Expression[],
  grid: Grid,
): readonly Column[] {
  const found = histograms(evaluation, columns, args[0]!);
  const all = quantiles.flatMap((quantile, i) => {
    for (const q of quantile) if (!(q >= 0 && q <= 1)) evaluation.annotations.invalidQuantile(q, args[i + 2]!.span);
    const own = perHistogram(evaluation, found, grid, (buckets, step, histogram) =>
      noted(evaluation, bucketQuantile(quantile[step]!, buckets), histogram, args[0]!),
    );
    return own.flatMap((column) => labelled(column, label, quantile));
  });
  const merged = mergeSameLabels(all);
  if (merged.length < all.length && grid.count === 1) throw duplicateLabels();
  return merged;
}

/** One column for each value the quantile takes over the steps. */
function labelled(column: Column, label: string, quantile: Float64Array): Column[] {
  const texts = new Map<string, Uint8Array>();
  quantile.forEach((q, step) => {
    if (column.present[step] === 0) return;
    const text = openMetricsNumber(q);
    const present = texts.get(text) ?? new Uint8Array(quantile.length);
    present[step] = 1;
    texts.set(text, present);
  });
  return [...texts].map(([text, present]) => ({
    ...column,
    labels: fromEntries(toMap(column.labels).set(label, text)),
    present,
  }));
}

/** Always with a point or an exponent: "0.0", "1.0", "0.25". */
function openMetricsNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
