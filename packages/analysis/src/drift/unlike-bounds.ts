/** Two histograms over different edges, brought to the same cells. */

export type Histogram = { readonly bounds: ArrayLike<number>; readonly counts: ArrayLike<number> };

export type Matched = {
  readonly bounds: number[];
  readonly baseline: number[];
  readonly current: number[];
  /** Counts were shared out within cells as if values lay evenly there: no test of counts may be made of them. */
  readonly approximate: boolean;
};

/** Share of the finer side's cells that shared edges must keep. */
const keptCells = 0.8;

/**
 * Same edges: as they are. Else the edges that both have, where these bound both and keep most of the cells: counts stay
 * counts. Else the union of all edges.
 */
export function matchBounds(baseline: Histogram, current: Histogram): Matched {
  const [a, b] = [Array.from(baseline.bounds), Array.from(current.bounds)];
  if (a.length === b.length && a.every((edge, i) => edge === b[i])) {
    return {
      bounds: a,
      baseline: Array.from(baseline.counts),
      current: Array.from(current.counts),
      approximate: false,
    };
  }
  const other = new Set(b);
  const shared = a.filter((edge) => other.has(edge));
  const sameEnds = a[0] === b[0] && a.at(-1) === b.at(-1);
  if (sameEnds && shared.length - 1 >= keptCells * (Math.max(a.length, b.length) - 1))
    return coarsened(baseline, current, shared);
  const bounds = [...new Set([...a, ...b])].sort((x, y) => x - y);
  return { bounds, baseline: split(baseline, bounds), current: split(current, bounds), approximate: true };
}

/** Both over edges that each of them has; what lies outside of these is in the first or last cell's neighbours and is left out. */
export function coarsened(baseline: Histogram, current: Histogram, shared: readonly number[]): Matched {
  return {
    bounds: [...shared],
    baseline: gathered(baseline, shared),
    current: gathered(current, shared),
    approximate: false,
  };
}

function gathered({ bounds, counts }: Histogram, edges: readonly number[]): number[] {
  const sums = new Array<number>(edges.length - 1).fill(0);
  let cell = 0;
  for (let i = 0; i < counts.length; i++) {
    while (cell + 1 < sums.length && bounds[i]! >= edges[cell + 1]!) cell++;
    if (bounds[i]! >= edges[cell]! && bounds[i + 1]! <= edges[cell + 1]!) sums[cell]! += counts[i]!;
  }
  return sums;
}

/** Each cell's count over the parts that `edges` cut it into, by their widths; of an infinite cell all goes to its outermost part. */
function split({ bounds, counts }: Histogram, edges: readonly number[]): number[] {
  const parts = new Array<number>(edges.length - 1).fill(0);
  let at = 0;
  for (let i = 0; i < counts.length; i++) {
    const [low, high] = [bounds[i]!, bounds[i + 1]!];
    while (edges[at]! < low) at++;
    const first = at;
    while (at + 1 < edges.length && edges[at + 1]! <= high) at++;
    if (low === Number.NEGATIVE_INFINITY) parts[first]! += counts[i]!;
    else if (high === Number.POSITIVE_INFINITY) parts[at - 1]! += counts[i]!;
    else
      for (let cell = first; cell < at; cell++)
        parts[cell]! += (counts[i]! * (edges[cell + 1]! - edges[cell]!)) / (high - low);
  }
  return parts;
}
