/** Quantiles and fractions of classic histograms, from cumulative counts by upper bound. */

/** Buckets of one histogram at one step: ascending bounds, cumulative counts. */
export type Buckets = { readonly bounds: Float64Array; readonly counts: Float64Array; readonly length: number };

export type BucketQuantile = {
  readonly value: number;
  /** Counts fell with rising bounds, and were raised to what they can be at least. */
  readonly forcedMonotonic: boolean;
};

/** Relative difference between counts that is rounding rather than observations. */
const ROUNDING = 1e-12;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

function unforced(value: number): BucketQuantile {
  return { value, forcedMonotonic: false };
}

/** Interpolates linearly within the bucket that holds the quantile. Changes `buckets.counts`. */
export function bucketQuantile(quantile: number, buckets: Buckets): BucketQuantile {
  if (Number.isNaN(quantile)) return unforced(Number.NaN);
  if (quantile < 0) return unforced(Number.NEGATIVE_INFINITY);
  if (quantile > 1) return unforced(Number.POSITIVE_INFINITY);
  const { bounds, counts, length } = buckets;
  if (length === 0 || bounds[length - 1] !== Number.POSITIVE_INFINITY) return unforced(Number.NaN);
  const forcedMonotonic = makeMonotonic(counts, length);
  if (length < 2 || counts[length - 1] === 0) return unforced(Number.NaN);
  let rank = quantile * counts[length - 1]!;
  let at = 0;
  while (at < length - 1 && !(counts[at]! >= rank)) at++;
  if (at === length - 1) return { value: bounds[length - 2]!, forcedMonotonic };
  if (at === 0 && bounds[0]! <= 0) return { value: bounds[0]!, forcedMonotonic };
  const start = at > 0 ? bounds[at - 1]! : 0;
  const below = at > 0 ? counts[at - 1]! : 0;
  rank -= below;
  return { value: start + (bounds[at]! - start) * (rank / (counts[at]! - below)), forcedMonotonic };
}

function makeMonotonic(counts: Float64Array, length: number): boolean {
  let forced = false;
  let before = counts[0]!;
  for (let i = 1; i < length; i++) {
    const count = counts[i]!;
    if (count === before) continue;
    if (almostEqual(before, count)) counts[i] = before;
    else if (count < before) {
      counts[i] = before;
      forced = true;
    } else before = count;
  }
  return forced;
}

function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  const magnitude = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || magnitude < SMALLEST_NORMAL) return difference < ROUNDING * SMALLEST_NORMAL;
  return difference / Math.min(magnitude, Number.MAX_VALUE) < ROUNDING;
}

/** The share of observations between two values; within a bucket of infinite width nothing is interpolated. */
export function bucketFraction(lower: number, upper: number, buckets: Buckets): number {
  const { bounds, counts, length } = buckets;
  if (length === 0 || bounds[length - 1] !== Number.POSITIVE_INFINITY) return Number.NaN;
  const total = counts[length - 1]!;
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  return (rankOf(upper, buckets) - rankOf(lower, buckets)) / total;
}

/** Observations up to `value`. */
function rankOf(value: number, { bounds, counts, length }: Buckets): number {
  const total = counts[length - 1]!;
  let rank = 0;
  let start = bounds[0]! <= 0 ? Number.NEGATIVE_INFINITY : 0;
  for (let i = 0; i < length; i++) {
    if (i > 0) start = bounds[i - 1]!;
    if (start >= value) return Math.min(rank, total);
    if (bounds[i]! > value) {
      if (start === Number.NEGATIVE_INFINITY) return Math.min(counts[i]!, total);
      const share = (value - start) / (bounds[i]! - start);
      return Math.min(rank + (counts[i]! - rank) * share, total);
    }
    rank = counts[i]!;
  }
  return total;
}
