/** Exponential histograms made coarser, no count lost (OpenTelemetry metrics data model, "Exponential Scale"). */
import type { Buckets, ExponentialCells } from "@lockstep/schemas/domain/observed";

/** A threshold is told as the edge of a bucket, give or take its last bits. */
const SLACK = 1 + 1e-9;

/** At a scale that is not greater than that of `cells`: 2^difference neighbours become one. */
export function atScale(cells: ExponentialCells, scale: number): ExponentialCells {
  const width = 2 ** (cells.scale - scale);
  if (width === 1) return cells;
  return { ...cells, scale, positive: joined(cells.positive, width), negative: joined(cells.negative, width) };
}

function joined({ offset, counts }: Buckets, width: number): Buckets {
  const first = Math.floor(offset / width);
  if (counts.length === 0) return { offset: first, counts: [] };
  const last = Math.floor((offset + counts.length - 1) / width);
  const sums = Array.from({ length: last - first + 1 }, () => 0);
  for (const [i, count] of counts.entries()) sums[Math.floor((offset + i) / width) - first]! += count;
  return { offset: first, counts: sums };
}

/** Buckets nearer to zero than the threshold, which is not less than that of `cells`, become part of the zero bucket. */
export function withZeroThreshold(cells: ExponentialCells, zeroThreshold: number): ExponentialCells {
  if (zeroThreshold === cells.zeroThreshold) return cells;
  // Bucket i ends at 2^((i + 1) * 2^-scale).
  const below = Math.floor(Math.log2(zeroThreshold * SLACK) * 2 ** cells.scale);
  const [positive, ofPositive] = without(cells.positive, below);
  const [negative, ofNegative] = without(cells.negative, below);
  return { ...cells, zeroThreshold, zeroCount: cells.zeroCount + ofPositive + ofNegative, positive, negative };
}

/** Without buckets of an index less than `below`, and how many these held. */
function without({ offset, counts }: Buckets, below: number): [Buckets, number] {
  const dropped = Math.min(counts.length, Math.max(0, below - offset));
  const held = counts.slice(0, dropped).reduce((sum, count) => sum + count, 0);
  return [{ offset: offset + dropped, counts: counts.slice(dropped) }, held];
}
