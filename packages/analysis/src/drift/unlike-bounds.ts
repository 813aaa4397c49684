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
  if (haveSameBounds(baseline, current)) {
    return {
      bounds: Array.from(baseline.bounds),
      baseline: Array.from(baseline.counts),
      current: Array.from(current.counts),
      approximate: false,
    };
  }
  const shared = coarsened(baseline, current);
  const finer = Math.max(baseline.counts.length, current.counts.length);
  return shared !== undefined && shared.baseline.length >= keptCells * finer ? shared : overUnion(baseline, current);
}

export function haveSameBounds({ bounds: a }: Histogram, { bounds: b }: Histogram): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Over all edges of the two but those that cut an open cell which holds a count: nobody knows where in it the values lie. */
export function overUnion(baseline: Histogram, current: Histogram): Matched {
  const all = [...new Set([...Array.from(baseline.bounds), ...Array.from(current.bounds)])].sort((x, y) => x - y);
  const bounds = all.filter((edge) => !cutsOpenCell(baseline, edge) && !cutsOpenCell(current, edge));
  const approximate = isCut(baseline, bounds) || isCut(current, bounds);
  return { bounds, baseline: split(baseline, bounds), current: split(current, bounds), approximate };
}

/** Whether a cell that holds a count lies on both sides of an edge. */
function isCut({ bounds, counts }: Histogram, edges: readonly number[]): boolean {
  let at = 0;
  for (let cell = 0; cell < counts.length; cell++) {
    while (at < edges.length && edges[at]! <= bounds[cell]!) at++;
    if (counts[cell]! > 0 && at < edges.length && edges[at]! < bounds[cell + 1]!) return true;
  }
  return false;
}

function cutsOpenCell({ bounds, counts }: Histogram, edge: number): boolean {
  const last = counts.length - 1;
  return (
    (bounds[0] === Number.NEGATIVE_INFINITY && counts[0]! > 0 && edge > bounds[0]! && edge < bounds[1]!) ||
    (bounds[last + 1] === Number.POSITIVE_INFINITY &&
      counts[last]! > 0 &&
      edge > bounds[last]! &&
      edge < bounds[last + 1]!)
  );
}

/** Both over the edges that each of them has; undefined where they do not have both ends in common. */
export function coarsened(baseline: Histogram, current: Histogram): Matched | undefined {
  const [a, b] = [Array.from(baseline.bounds), Array.from(current.bounds)];
  if (a[0] !== b[0] || a.at(-1) !== b.at(-1)) return undefined;
  const other = new Set(b);
  const bounds = a.filter((edge) => other.has(edge));
  return { bounds, baseline: gathered(baseline, bounds), current: gathered(current, bounds), approximate: false };
}

function gathered({ bounds, counts }: Histogram, edges: readonly number[]): number[] {
  const sums = new Array<number>(edges.length - 1).fill(0);
  let cell = 0;
  for (let i = 0; i < counts.length; i++) {
    while (bounds[i]! >= edges[cell + 1]!) cell++;
    sums[cell]! += counts[i]!;
  }
  return sums;
}

/** Each cell's count over the parts that `edges` cut it into, by their widths. Edges cut no open cell that holds a count. */
function split({ bounds, counts }: Histogram, edges: readonly number[]): number[] {
  const parts = new Array<number>(edges.length - 1).fill(0);
  let at = 0;
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) continue;
    const [low, high] = [bounds[i]!, bounds[i + 1]!];
    while (edges[at + 1]! <= low) at++;
    if (edges[at + 1]! >= high) parts[at]! += counts[i]!;
    else
      for (let cell = at; edges[cell]! < high; cell++)
        parts[cell]! += (counts[i]! * (Math.min(high, edges[cell + 1]!) - Math.max(low, edges[cell]!))) / (high - low);
  }
  return parts;
}
