/**
 * Exponential histograms as OpenTelemetry defines them: bucket i holds (base^i, base^(i+1)] with base = 2^(2^-scale), on
 * either side of zero, and a bucket of its own holds what is nearer to zero than `zeroThreshold`.
 */
import type { Buckets, ExponentialCells } from "@lockstep/schemas/domain/observed";

/** The scale of fewer buckets: each holds 2^down of those before. `down` from 0. */
export function downscaled(histogram: ExponentialCells, down: number): ExponentialCells {
  if (down === 0) return histogram;
  return {
    ...histogram,
    scale: histogram.scale - down,
    positive: joined(histogram.positive, down),
    negative: joined(histogram.negative, down),
  };
}

/** An arithmetic shift floors, so indexes below zero go to the bucket that holds them. */
function joined({ offset, counts }: Buckets, down: number): Buckets {
  if (counts.length === 0) return { offset: 0, counts };
  const index = (at: number) => Math.floor((offset + at) / 2 ** down);
  const first = index(0);
  const sums = new Array<number>(index(counts.length - 1) - first + 1).fill(0);
  for (const [at, count] of counts.entries()) sums[index(at) - first]! += count;
  return { offset: first, counts: sums };
}

/** Buckets of a sum lie this near to the one at 1, on either side; where they would not, its scale is smaller. */
const farthest = 2 ** 15;

/** At a scale at which the index of each bucket is from -farthest up to farthest. Only what a histogram itself holds decides. */
function withinReach(histogram: ExponentialCells): ExponentialCells {
  const sides = [histogram.positive, histogram.negative].filter(({ counts }) => counts.length > 0);
  for (const { offset } of sides) {
    if (!Number.isInteger(offset)) throw new RangeError(`offset of buckets: ${offset}: expected a whole number`);
  }
  const isWithin = (down: number) =>
    sides.every(
      ({ offset, counts }) =>
        Math.floor(offset / 2 ** down) >= -farthest && Math.floor((offset + counts.length - 1) / 2 ** down) < farthest,
    );
  let down = 0;
  while (!isWithin(down)) down++;
  return downscaled(histogram, down);
}

/**
 * Sum of two, at the smaller scale and with the wider zero bucket, which reaches up to the edge of a bucket, so that none is
 * cut: in whatever order histograms are merged, the sum is the same. No count is lost, and the sum has at most 2^17 buckets
 * however far apart the two lie.
 */
export function merged(a: ExponentialCells, b: ExponentialCells): ExponentialCells {
  const near = [withinReach(a), withinReach(b)] as const;
  const scale = Math.min(near[0].scale, near[1].scale);
  const threshold = edgeAbove(scale, Math.max(a.zeroThreshold, b.zeroThreshold));
  const [x, y] = near.map((each) => withZeroThreshold(downscaled(each, each.scale - scale), threshold)) as [
    ExponentialCells,
    ExponentialCells,
  ];
  return {
    form: "exponential",
    scale,
    zeroThreshold: threshold,
    zeroCount: x.zeroCount + y.zeroCount,
    positive: added(x.positive, y.positive),
    negative: added(x.negative, y.negative),
  };
}

/** Of a bucket at this scale; an edge is itself, though logarithms are rounded. */
function edgeAbove(scale: number, value: number): number {
  if (value === 0) return 0;
  const place = Math.log2(value) * 2 ** scale;
  const nearest = Math.round(place);
  return lowerBound(
    scale,
    Math.abs(place - nearest) < 1e-9 * Math.max(1, Math.abs(place)) ? nearest : Math.ceil(place),
  );
}

const none: Buckets = { offset: 0, counts: [] };

function added(a: Buckets, b: Buckets): Buckets {
  if (a.counts.length === 0) return b.counts.length === 0 ? none : b;
  if (b.counts.length === 0) return a;
  const offset = Math.min(a.offset, b.offset);
  const end = Math.max(a.offset + a.counts.length, b.offset + b.counts.length);
  const counts = new Array<number>(end - offset).fill(0);
  for (const each of [a, b])
    for (const [at, count] of each.counts.entries()) counts[each.offset - offset + at]! += count;
  return { offset, counts };
}

/** Buckets that a wider zero bucket reaches into go into it as a whole. */
function withZeroThreshold(histogram: ExponentialCells, threshold: number): ExponentialCells {
  if (threshold <= histogram.zeroThreshold) return histogram;
  const { scale } = histogram;
  let zeroCount = histogram.zeroCount;
  const kept = ({ offset, counts }: Buckets): Buckets => {
    let skip = 0;
    while (skip < counts.length && lowerBound(scale, offset + skip) < threshold) zeroCount += counts[skip++]!;
    return { offset: offset + skip, counts: counts.slice(skip) };
  };
  const positive = kept(histogram.positive);
  const negative = kept(histogram.negative);
  return { form: "exponential", scale, zeroThreshold: threshold, zeroCount, positive, negative };
}

/** base^index. */
export function lowerBound(scale: number, index: number): number {
  return 2 ** (index * 2 ** -scale);
}

/** The same as edges and counts, ascending: negative buckets mirrored, the zero bucket between. */
export function explicitOf(histogram: ExponentialCells): { bounds: number[]; counts: number[] } {
  const { scale, positive, negative, zeroCount, zeroThreshold } = histogram;
  const bounds: number[] = [];
  const counts: number[] = [];
  for (let at = negative.counts.length - 1; at >= 0; at--) {
    bounds.push(-lowerBound(scale, negative.offset + at + 1));
    counts.push(negative.counts[at]!);
  }
  const below = negative.counts.length > 0 ? -lowerBound(scale, negative.offset) : undefined;
  const above = positive.counts.length > 0 ? lowerBound(scale, positive.offset) : undefined;
  bounds.push(below ?? -zeroThreshold);
  counts.push(zeroCount);
  bounds.push(above ?? zeroThreshold);
  for (const [at, count] of positive.counts.entries()) {
    counts.push(count);
    bounds.push(lowerBound(scale, positive.offset + at + 1));
  }
  return { bounds, counts };
}
