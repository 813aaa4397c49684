/** Quantiles of histograms. */

export type Numbers = { readonly bounds: readonly number[]; readonly counts: readonly number[] };

/**
 * The value that a share of all rows lies below, as if values lay evenly within their cell; in an open outermost cell its
 * finite edge, as Prometheus' histogram_quantile has it. null: nothing was counted.
 */
export function quantileOf({ bounds, counts }: Numbers, share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return null;
  const rank = share * total;
  let before = 0;
  for (const [cell, count] of counts.entries()) {
    if (before + count >= rank && count > 0) {
      const [low, high] = [bounds[cell]!, bounds[cell + 1]!];
      if (!Number.isFinite(low)) return Number.isFinite(high) ? high : null;
      if (!Number.isFinite(high)) return low;
      return low + ((high - low) * (rank - before)) / count;
    }
    before += count;
  }
  return null;
}
