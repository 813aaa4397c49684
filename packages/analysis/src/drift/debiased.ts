/**
 * How far two histograms are apart beyond what chance alone puts between them, by the three methods that may decide
 * (docs/drift.md). Sampling adds (k - 1)(1/n + 1/m) to PSI and an eighth of it to the Jensen-Shannon divergence in nats.
 */
import type { DriftMethod } from "@lockstep/schemas/domain/drift-finding";
import { axisDistances } from "./axis-distances.ts";
import { cellDistances } from "./cell-distances.ts";
import { joinedCells, type MatchedCells } from "./match-cells.ts";

export type Compared = {
  readonly n: number;
  readonly m: number;
  /** That the test of counts was made of, those empty on both sides left out. */
  readonly cells: number;
  readonly chi2: number;
  /** Over-dispersion is not taken into account yet. */
  readonly freedom: number;
  /** Undefined where it has no value: W1 without an axis, PSI of cells that were split. */
  readonly debiased: Readonly<Record<DriftMethod, number | undefined>>;
  readonly expected: Readonly<Record<DriftMethod, number | undefined>>;
  /** By the names of CellDistances and AxisDistances; only those that are defined. */
  readonly distances: Readonly<Record<string, number>>;
  readonly ksP: number | undefined;
};

/** Undefined where one side holds nothing. */
export function compare(match: MatchedCells, leastRowsPerCell: number): Compared | undefined {
  const [n, m] = [sumOf(match.baseline), sumOf(match.current)];
  if (!(n > 0 && m > 0)) return undefined;
  const joined = joinedCells(match, (n * m) / (n + m), leastRowsPerCell);
  const cells = cellDistances(joined.baseline, joined.current);
  if (cells === undefined) return undefined;
  const axis = match.form === "numeric" ? axisDistances(match.bounds, match.baseline, match.current) : {};
  const noise = 1 / n + 1 / m;
  const k = cells.cells_nonempty_union;
  // In bits, as the divergence that it is taken from.
  const expectedJs = ((k - 1) * noise) / 8 / Math.LN2;
  const w1 = axis.w1_norm_uniform;
  const expectedW1 = w1 === undefined ? undefined : w1Noise(match, noise, axis.baseline_std_uniform!);
  const defined = Object.entries({ ...cells, ...axis }).filter(([, value]) => Number.isFinite(value));
  return {
    n,
    m,
    cells: k,
    chi2: cells.chi2_stat,
    freedom: k - 1,
    debiased: {
      psi: match.approximate ? undefined : Math.max(0, cells.psi_jeffreys - (k - 1) * noise),
      js: Math.sqrt(Math.max(0, cells.js_divergence_base2 - expectedJs)),
      w1: w1 === undefined || expectedW1 === undefined ? undefined : Math.max(0, w1 - expectedW1),
    },
    expected: {
      psi: match.approximate ? undefined : (k - 1) * noise,
      js: Math.sqrt(expectedJs),
      w1: expectedW1,
    },
    distances: Object.fromEntries(defined) as Record<string, number>,
    ksP: axis.ks_p_asymptotic,
  };
}

/**
 * Mean of W1 between two samples of the baseline over its standard deviation: at each edge the gap of the distribution functions
 * is normal with variance F (1 - F)(1/n + 1/m), and its mean size sqrt(2 / pi) of the deviation.
 */
function w1Noise(match: MatchedCells, noise: number, std: number): number | undefined {
  if (match.form !== "numeric" || !(std > 0)) return undefined;
  const n = sumOf(match.baseline);
  let [below, area] = [0, 0];
  for (let cell = 0; cell < match.baseline.length; cell++) {
    const width = match.bounds[cell + 1]! - match.bounds[cell]!;
    const middle = (below + match.baseline[cell]! / 2) / n;
    below += match.baseline[cell]!;
    if (Number.isFinite(width)) area += Math.sqrt(Math.max(0, middle * (1 - middle))) * width;
  }
  return (Math.sqrt((2 / Math.PI) * noise) * area) / Math.max(std, 0.001);
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
