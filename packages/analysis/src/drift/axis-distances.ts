/** Distances that need the cells' places on an axis. Two histograms over the same bounds; keys as they are printed. */
import { kolmogorovLimitTail, kolmogorovTail } from "../stats/kolmogorov.ts";

export type AxisDistances = {
  /** Largest distance of the cumulated shares at an edge: at most the largest cell's share below that of the raw values. */
  readonly ks_stat: number;
  readonly ks_p_asymptotic: number;
  readonly ks_p_kolmogorov_limit: number;
  /** Wasserstein-1, in the axis' unit: values at the cells' middles, or spread evenly over them; then over the baseline's standard deviation. */
  readonly w1_midpoint: number;
  readonly baseline_std_midpoint: number;
  readonly w1_norm_midpoint: number;
  readonly w1_uniform: number;
  readonly baseline_std_uniform: number;
  readonly w1_norm_uniform: number;
  readonly mean_shift_over_std_midpoint: number;
};

/** What a distance is divided by at the least, as evidently does. */
const leastStd = 0.001;

/** Without the exact tail of Kolmogorov's distribution, which costs more than all the others together. */
export type AxisMeasures = Omit<AxisDistances, "ks_p_asymptotic">;

/**
 * `bounds` are the edges of the cells, one more than cells, ascending. Where the first or last of them is infinite, what
 * rests on places is left out of that cell: it has none (undefined altogether where it holds more than 1 % of a side).
 */
export function axisDistances(
  bounds: ArrayLike<number>,
  baseline: ArrayLike<number>,
  current: ArrayLike<number>,
): Partial<AxisDistances> {
  const measures = axisMeasures(bounds, baseline, current);
  const [n, m] = [sumOf(baseline), sumOf(current)];
  const size = Math.max(1, Math.round((n * m) / (n + m)));
  const ks = measures.ks_stat!;
  return { ks_stat: ks, ks_p_asymptotic: kolmogorovTail(ks, size), ...measures };
}

export function axisMeasures(
  bounds: ArrayLike<number>,
  baseline: ArrayLike<number>,
  current: ArrayLike<number>,
): Partial<AxisMeasures> {
  const [n, m] = [sumOf(baseline), sumOf(current)];
  const ks = largestGap(baseline, current, n, m);
  const tests = { ks_stat: ks, ks_p_kolmogorov_limit: kolmogorovLimitTail(ks * Math.sqrt((n * m) / (n + m))) };
  const placed = finitePart(bounds, baseline, current);
  return placed === undefined ? tests : { ...tests, ...onAxis(placed) };
}

type Placed = { readonly bounds: number[]; readonly p: number[]; readonly q: number[] };

const mostWithoutPlace = 0.01;

function finitePart(
  bounds: ArrayLike<number>,
  baseline: ArrayLike<number>,
  current: ArrayLike<number>,
): Placed | undefined {
  const first = Number.isFinite(bounds[0]) ? 0 : 1;
  const last = Number.isFinite(bounds[bounds.length - 1]) ? baseline.length : baseline.length - 1;
  const part = (counts: ArrayLike<number>) => {
    const all = sumOf(counts);
    const inside = Array.from(counts).slice(first, last);
    const sum = sumOf(inside);
    return sum < (1 - mostWithoutPlace) * all || sum === 0 ? undefined : inside.map((count) => count / sum);
  };
  const p = part(baseline);
  const q = part(current);
  return p && q && { bounds: Array.from(bounds).slice(first, last + 1), p, q };
}

function onAxis({ bounds, p, q }: Placed): Omit<AxisMeasures, "ks_stat" | "ks_p_kolmogorov_limit"> {
  const middles = p.map((_, cell) => (bounds[cell]! + bounds[cell + 1]!) / 2);
  const mean = (shares: readonly number[]) => shares.reduce((sum, share, cell) => sum + share * middles[cell]!, 0);
  const [before, now] = [mean(p), mean(q)];
  let [atMiddles, within] = [0, 0];
  for (const [cell, share] of p.entries()) {
    atMiddles += share * (middles[cell]! - before) ** 2;
    within += (share * (bounds[cell + 1]! - bounds[cell]!) ** 2) / 12;
  }
  const stdMidpoint = Math.sqrt(atMiddles);
  const stdUniform = Math.sqrt(atMiddles + within);
  const { midpoint, uniform } = wasserstein(bounds, middles, p, q);
  return {
    w1_midpoint: midpoint,
    baseline_std_midpoint: stdMidpoint,
    w1_norm_midpoint: midpoint / Math.max(stdMidpoint, leastStd),
    w1_uniform: uniform,
    baseline_std_uniform: stdUniform,
    w1_norm_uniform: uniform / Math.max(stdUniform, leastStd),
    mean_shift_over_std_midpoint: (now - before) / Math.max(stdMidpoint, leastStd),
  };
}

function wasserstein(
  bounds: readonly number[],
  middles: readonly number[],
  p: readonly number[],
  q: readonly number[],
) {
  let [midpoint, uniform, gap] = [0, 0, 0];
  for (const [cell, share] of p.entries()) {
    const next = gap + share - q[cell]!;
    if (cell + 1 < p.length) midpoint += Math.abs(next) * (middles[cell + 1]! - middles[cell]!);
    uniform += areaBetween(gap, next) * (bounds[cell + 1]! - bounds[cell]!);
    gap = next;
  }
  return { midpoint, uniform };
}

/** Under |a line from a to b| over a width of 1; two triangles where it crosses zero. */
function areaBetween(a: number, b: number): number {
  if (a * b >= 0) return Math.abs(a + b) / 2;
  return (a * a + b * b) / (2 * (Math.abs(a) + Math.abs(b)));
}

function largestGap(baseline: ArrayLike<number>, current: ArrayLike<number>, n: number, m: number): number {
  let [b, c, largest] = [0, 0, 0];
  for (let cell = 0; cell < baseline.length; cell++) {
    b += baseline[cell]!;
    c += current[cell]!;
    largest = Math.max(largest, Math.abs(b / n - c / m));
  }
  return largest;
}

function sumOf(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  return sum;
}
