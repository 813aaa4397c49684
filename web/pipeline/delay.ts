import { riseOf, type SelfSeries, select, totalRise, type Where } from "./self-series.ts";

/** How long something took in the last minutes, in seconds. */
export type Delay = {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly mean: number;
  /** How often it was measured. */
  readonly count: number;
};

/** Of a histogram, all instances together; null where nothing was measured. */
export function delayOf(series: SelfSeries, name: string, where: Where = {}): Delay | null {
  const count = totalRise(select(series, `${name}_count`, where));
  const sum = totalRise(select(series, `${name}_sum`, where));
  if (count === null || sum === null || count <= 0) return null;
  const buckets = new Map<number, number>();
  for (const row of select(series, `${name}_bucket`, where)) {
    const bound = boundOf(row.labels["le"]);
    const rise = riseOf(row);
    if (bound !== null && rise !== null) buckets.set(bound, (buckets.get(bound) ?? 0) + rise);
  }
  return { p50: quantile(0.5, buckets), p99: quantile(0.99, buckets), mean: sum / count, count };
}

/** The number a bucket's `le` stands for. */
export function boundOf(le: string | undefined): number | null {
  if (le === "+Inf") return Number.POSITIVE_INFINITY;
  const bound = le === undefined || le === "" ? Number.NaN : Number(le);
  return Number.isFinite(bound) ? bound : null;
}

/**
 * A quantile of cumulative counts by upper bound, linear within its bucket, as Prometheus' histogram_quantile has it: in
 * the last bucket it is that bucket's lower bound. null: nothing counted, or no bucket +Inf.
 */
export function quantile(share: number, buckets: ReadonlyMap<number, number>): number | null {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const all = sorted.at(-1);
  if (all === undefined || all[0] !== Number.POSITIVE_INFINITY || all[1] <= 0) return null;
  const rank = share * all[1];
  let below: readonly [number, number] = [0, 0];
  for (const [bound, count] of sorted) {
    // Instances that came or went within the window can leave a count below the one before it.
    const upTo = Math.max(count, below[1]);
    if (upTo >= rank) {
      if (bound === Number.POSITIVE_INFINITY) return sorted.length > 1 ? below[0] : null;
      return upTo === below[1] ? bound : below[0] + (bound - below[0]) * ((rank - below[1]) / (upTo - below[1]));
    }
    below = [bound, upTo];
  }
  return null;
}
