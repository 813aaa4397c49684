/**
 * How far two histograms are apart beyond what chance alone puts between them, by the three methods that may decide
 * (docs/drift.md). Sampling adds (k - 1)(1/n + 1/m) to PSI and an eighth of it to the Jensen-Shannon divergence in nats.
 */
import type { DriftMethod } from "@lockstep/schemas/domain/drift-finding";
import { type AxisMeasures, axisMeasures } from "./axis-distances.ts";
import { cellDistances, cellSums } from "./cell-distances.ts";
import { joinCells } from "./join-cells.ts";
import type { MatchedCells } from "./match-cells.ts";

type ByMethod = Readonly<Record<DriftMethod, number | undefined>>;

export type Compared = {
  readonly n: number;
  readonly m: number;
  /** As few as the test of counts could bear. */
  readonly joined: MatchedCells;
  /** Of these, not empty on at least one side. */
  readonly cells: number;
  /** Of those before any were joined. */
  readonly cellsBefore: number;
  readonly chi2: number;
  readonly freedom: number;
  /** As measured, and its mean by chance; of JS the divergence in bits. Undefined: W1 without an axis, PSI of cells that were split. */
  readonly measured: ByMethod;
  readonly noise: ByMethod;
  readonly axis: Partial<AxisMeasures>;
};

/** Undefined where one side holds nothing. */
export function compare(match: MatchedCells, leastRowsPerCell: number): Compared | undefined {
  const [n, m] = [sumOf(match.baseline), sumOf(match.current)];
  if (!(n > 0 && m > 0)) return undefined;
  const joined = joinCells(match, (n * m) / (n + m), leastRowsPerCell);
  const sums = cellSums(joined.baseline, joined.current, n, m);
  const axis = match.form === "numeric" ? axisMeasures(match.bounds, match.baseline, match.current) : {};
  const perCell = 1 / n + 1 / m;
  const freedom = sums.occupied - 1;
  return {
    n,
    m,
    joined,
    cells: sums.occupied,
    cellsBefore: occupied(match),
    chi2: sums.chi2,
    freedom,
    measured: {
      psi: match.approximate ? undefined : sums.psiJeffreys,
      js: Math.max(0, sums.js / 2 / Math.LN2),
      w1: axis.w1_norm_uniform,
    },
    noise: {
      psi: match.approximate ? undefined : freedom * perCell,
      js: (freedom * perCell) / 8 / Math.LN2,
      w1: axis.baseline_std_uniform === undefined ? undefined : w1Noise(match, n, perCell, axis.baseline_std_uniform),
    },
    axis,
  };
}

export type Effect = { readonly distance: number | undefined; readonly expected: number | undefined };

/** By a method: the distance less what chance adds on average, 0 at the least, and that. */
export function effect({ measured, noise }: Compared, method: DriftMethod): Effect {
  const [found, expected] = [measured[method], noise[method]];
  if (found === undefined || expected === undefined) return { distance: undefined, expected: undefined };
  const distance = Math.max(0, found - expected);
  // A distance is the divergence's root: what chance adds is taken off the divergence.
  return method === "js" ? { distance: Math.sqrt(distance), expected: Math.sqrt(expected) } : { distance, expected };
}

/** By the names of CellDistances (of the joined cells) and AxisDistances; only those that are defined and finite. */
export function distancesOf({ joined, axis }: Compared): Record<string, number> {
  const told: Record<string, number> = {};
  const all: Readonly<Record<string, number>> = { ...cellDistances(joined.baseline, joined.current), ...axis };
  for (const name in all) if (Number.isFinite(all[name])) told[name] = all[name]!;
  return told;
}

/**
 * Mean of W1 between two samples of the baseline over its standard deviation: at each edge the gap of the distribution functions
 * is normal with variance F (1 - F)(1/n + 1/m), and its mean size sqrt(2 / pi) of the deviation.
 */
function w1Noise(match: MatchedCells, n: number, perCell: number, std: number): number | undefined {
  if (match.form !== "numeric") return undefined;
  let [below, area] = [0, 0];
  for (let cell = 0; cell < match.baseline.length; cell++) {
    const width = match.bounds[cell + 1]! - match.bounds[cell]!;
    const middle = (below + match.baseline[cell]! / 2) / n;
    below += match.baseline[cell]!;
    if (Number.isFinite(width)) area += Math.sqrt(Math.max(0, middle * (1 - middle))) * width;
  }
  return (Math.sqrt((2 / Math.PI) * perCell) * area) / Math.max(std, 0.001);
}

function occupied({ baseline, current }: MatchedCells): number {
  let cells = 0;
  for (let cell = 0; cell < baseline.length; cell++) if (baseline[cell]! + current[cell]! > 0) cells++;
  return cells;
}

function sumOf(counts: readonly number[]): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
