/**
 * How far two histograms over the same cells are apart, and how far chance alone would put them (docs/drift.md). Keys as they
 * are printed. p and q are shares of the baseline's and the current counts.
 */
import { chiSquareUpperQuantile, chiSquareUpperTail } from "../stats/gamma.ts";

export type CellDistances = {
  readonly n_baseline: number;
  readonly n_current: number;
  readonly cells: number;
  /** Not empty on at least one side. */
  readonly cells_nonempty_union: number;
  /** Σ (p - q) ln(p / q) with half a count more in every cell. */
  readonly psi_jeffreys: number;
  /** The same with evidently's stand-in for zeros, side by side with it; nothing is renormalised. */
  readonly psi_evidently_fill: number;
  /** Infinity where a cell is empty on one side only. */
  readonly psi_no_smoothing: number;
  /** Of psi_jeffreys where nothing has changed: mean and 95th percentile (Yurdakul 2018). */
  readonly psi_expected_null: number;
  readonly psi_95pct_null: number;
  readonly psi_jeffreys_chi2_scaled: number;
  readonly psi_jeffreys_p: number;
  readonly psi_debiased: number;
  /** Square roots of the Jensen-Shannon divergence, by the base of the logarithm; base 2 goes up to 1. */
  readonly js_distance_base2: number;
  readonly js_distance_base_e: number;
  readonly js_divergence_base2: number;
  readonly js_div_nats_expected_null: number;
  readonly hellinger: number;
  /** Total variation: half of Σ |p - q|. */
  readonly tvd: number;
  readonly l_infinity: number;
  /** Of the 2 x k table, empty cells left out; without a correction for continuity. */
  readonly chi2_stat: number;
  readonly chi2_p: number;
  readonly chi2_dof: number;
  readonly g_stat: number;
  readonly g_p: number;
  readonly cramers_v: number;
  /** With Yates' correction, where there are two cells. */
  readonly chi2_stat_yates?: number;
  readonly chi2_p_yates?: number;
};

/** Undefined where one side holds nothing: then nothing can be said. Counts are 0 or more, the same cells on both sides. */
export function cellDistances(baseline: ArrayLike<number>, current: ArrayLike<number>): CellDistances | undefined {
  const cells = baseline.length;
  const n = total(baseline);
  const m = total(current);
  if (!(n > 0 && m > 0)) return undefined;
  const sums = cellSums(baseline, current, n, m);
  const fill = { baseline: evidentlyFill(baseline, n), current: evidentlyFill(current, m) };
  let psiEvidently = 0;
  for (let i = 0; i < cells; i++) {
    if (baseline[i] === 0 && current[i] === 0) continue;
    psiEvidently += psiTerm((baseline[i]! || fill.baseline * n) / n, (current[i]! || fill.current * m) / m);
  }
  const k = sums.occupied;
  const noise = 1 / n + 1 / m;
  const expected = (k - 1) * noise;
  const scaled = (sums.psiJeffreys * n * m) / (n + m);
  const js = Math.max(0, sums.js / 2);
  return {
    n_baseline: n,
    n_current: m,
    cells,
    cells_nonempty_union: k,
    psi_jeffreys: sums.psiJeffreys,
    psi_evidently_fill: psiEvidently,
    psi_no_smoothing: sums.psi,
    psi_expected_null: expected,
    psi_95pct_null: upperFivePercent(k - 1) * noise,
    psi_jeffreys_chi2_scaled: scaled,
    psi_jeffreys_p: chiSquareUpperTail(scaled, k - 1),
    psi_debiased: Math.max(0, sums.psiJeffreys - expected),
    js_distance_base2: Math.sqrt(js / Math.LN2),
    js_distance_base_e: Math.sqrt(js),
    js_divergence_base2: js / Math.LN2,
    js_div_nats_expected_null: expected / 8,
    hellinger: Math.sqrt(sums.hellinger / 2),
    tvd: sums.absolute / 2,
    l_infinity: sums.largest,
    chi2_stat: sums.chi2,
    chi2_p: chiSquareUpperTail(sums.chi2, k - 1),
    chi2_dof: k - 1,
    g_stat: sums.g,
    g_p: chiSquareUpperTail(sums.g, k - 1),
    cramers_v: Math.sqrt(sums.chi2 / (n + m)),
    ...(k === 2 && { chi2_stat_yates: sums.yates, chi2_p_yates: chiSquareUpperTail(sums.yates, 1) }),
  };
}

/** What the distances are made of: `n` and `m` are the sums of the two, more than 0. */
export function cellSums(baseline: ArrayLike<number>, current: ArrayLike<number>, n: number, m: number): CellSums {
  const sums = new CellSums(n, m, baseline.length);
  for (let i = 0; i < baseline.length; i++) sums.add(baseline[i]!, current[i]!);
  return sums;
}

/** By degrees of freedom, as far as they are asked for again and again. */
const quantiles: number[] = [];
const quantilesKept = 1024;

function upperFivePercent(freedom: number): number {
  if (freedom >= quantilesKept) return chiSquareUpperQuantile(0.05, freedom);
  quantiles[freedom] ??= chiSquareUpperQuantile(0.05, freedom);
  return quantiles[freedom];
}

export class CellSums {
  occupied = 0;
  psi = 0;
  psiJeffreys = 0;
  /** Twice the Jensen-Shannon divergence, in nats. */
  js = 0;
  hellinger = 0;
  absolute = 0;
  largest = 0;
  chi2 = 0;
  yates = 0;
  g = 0;
  readonly #n: number;
  readonly #m: number;
  readonly #cells: number;

  constructor(n: number, m: number, cells: number) {
    this.#n = n;
    this.#m = m;
    this.#cells = cells;
  }

  add(b: number, c: number): void {
    const [n, m] = [this.#n, this.#m];
    this.psiJeffreys += psiTerm((b + 0.5) / (n + 0.5 * this.#cells), (c + 0.5) / (m + 0.5 * this.#cells));
    if (b === 0 && c === 0) return;
    this.occupied++;
    const [p, q] = [b / n, c / m];
    this.psi += p === q ? 0 : b === 0 || c === 0 ? Number.POSITIVE_INFINITY : psiTerm(p, q);
    const middle = (p + q) / 2;
    this.js += informationTerm(p, middle) + informationTerm(q, middle);
    this.hellinger += (Math.sqrt(p) - Math.sqrt(q)) ** 2;
    this.absolute += Math.abs(p - q);
    this.largest = Math.max(this.largest, Math.abs(p - q));
    const share = (b + c) / (n + m);
    for (const [found, expected] of [[b, share * n] as const, [c, share * m] as const]) {
      const off = Math.abs(found - expected);
      this.chi2 += off ** 2 / expected;
      this.yates += (off - Math.min(0.5, off)) ** 2 / expected;
      this.g += 2 * informationTerm(found, expected);
    }
  }
}

function psiTerm(p: number, q: number): number {
  return (p - q) * Math.log(p / q);
}

/** p ln(p / q), and 0 for p = 0. By the ratio's distance from 1 where the two are close: small differences stay exact. */
function informationTerm(p: number, q: number): number {
  return p === 0 ? 0 : p * Math.log1p((p - q) / q);
}

function evidentlyFill(counts: ArrayLike<number>, n: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) least = Math.min(least, counts[i]! / n);
  return least <= 1e-4 ? least / 1e6 : 1e-4;
}

function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  return sum;
}
