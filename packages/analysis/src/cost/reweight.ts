/** What a change of the inputs alone does to the cost: the old cost of each bin, weighted by the new histogram. */

export type Reweighted = {
  /** Mean cost of an inference by the old histogram and by the new one, each bin at its old cost. */
  readonly before: number;
  readonly after: number;
  /** Share of the new inferences in bins whose old cost is not known; they are left out of `after`. */
  readonly unknownShare: number;
};

/**
 * `costPerBin`: mean cost (or work) of an inference in each bin in the old window, NaN where there was none; counts by the same
 * bins. Undefined where nothing can be weighted.
 */
export function reweighted(
  costPerBin: ArrayLike<number>,
  before: ArrayLike<number>,
  after: ArrayLike<number>,
): Reweighted | undefined {
  const old = weighted(costPerBin, before);
  const fresh = weighted(costPerBin, after);
  if (old === undefined || fresh === undefined) return undefined;
  return { before: old.mean, after: fresh.mean, unknownShare: fresh.unknownShare };
}

function weighted(values: ArrayLike<number>, counts: ArrayLike<number>) {
  let [sum, known, all] = [0, 0, 0];
  for (let bin = 0; bin < counts.length; bin++) {
    all += counts[bin]!;
    if (!Number.isFinite(values[bin]!)) continue;
    known += counts[bin]!;
    sum += values[bin]! * counts[bin]!;
  }
  return known > 0 ? { mean: sum / known, unknownShare: 1 - known / all } : undefined;
}
