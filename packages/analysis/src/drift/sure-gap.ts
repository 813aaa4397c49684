/** How far two distributions are apart at the least, whatever lies where within the cells of their histograms. */
import type { Histogram } from "./unlike-bounds.ts";

/**
 * Largest distance of the distribution functions that the cells prove, over edges that may differ: at an edge of one its own is
 * known, and the other's lies between the values at its neighbouring edges. At most the Kolmogorov-Smirnov distance of the
 * values. Undefined where a side is empty.
 */
export function sureGap(baseline: Histogram, current: Histogram): number | undefined {
  const [b, c] = [distribution(baseline), distribution(current)];
  if (b === undefined || c === undefined) return undefined;
  return Math.max(gapAtEdgesOf(b, c), gapAtEdgesOf(c, b));
}

type Distribution = { readonly edges: ArrayLike<number>; readonly below: readonly number[] };

function distribution({ bounds, counts }: Histogram): Distribution | undefined {
  const below = [0];
  for (let cell = 0; cell < counts.length; cell++) below.push(below[cell]! + counts[cell]!);
  const all = below.at(-1)!;
  return all > 0 ? { edges: bounds, below: below.map((rows) => rows / all) } : undefined;
}

function gapAtEdgesOf(one: Distribution, other: Distribution): number {
  let largest = 0;
  let next = 0;
  for (let i = 0; i < one.edges.length; i++) {
    const edge = one.edges[i]!;
    while (next < other.edges.length && other.edges[next]! < edge) next++;
    const atMost = next < other.edges.length ? other.below[next]! : 1;
    const isShared = other.edges[next] === edge;
    const atLeast = isShared ? atMost : next === 0 ? 0 : other.below[next - 1]!;
    largest = Math.max(largest, one.below[i]! - atMost, atLeast - one.below[i]!);
  }
  return largest;
}
