/** What the windows of a baseline tell of its own unrest: each of them against all the others (as NannyML learns its thresholds). */
import type { DriftMethod } from "@lockstep/schemas/domain/drift-finding";
import type { Cells } from "@lockstep/schemas/domain/observed";
import { median } from "../stats/median.ts";
import { type Compared, compare, effect } from "./debiased.ts";
import { judgeDefaults, type LearntNoise } from "./judgement.ts";
import { type MatchedCells, matchCells } from "./match-cells.ts";
import { mergeAll } from "./merge-cells.ts";

export type LearntBaseline = {
  readonly baseline: Cells;
  readonly baselineMissing: number;
  readonly noise: LearntNoise;
};

/** Of fewer windows no spread can be learnt. */
const leastWindows = 6;
/** Of the standard deviation above the mean. */
const deviations = 3;

export const nothingLearnt: LearntNoise = { windows: 0, phi: 1, thresholds: {} };

/** Undefined of no window, and where the windows do not go together (numbers in one, categories in another). */
export function learnNoise(
  windows: readonly { readonly cells: Cells; readonly missing: number }[],
): LearntBaseline | undefined {
  const baseline = mergeAll(windows.map(({ cells }) => cells));
  if (baseline === undefined) return undefined;
  const baselineMissing = windows.reduce((sum, { missing }) => sum + missing, 0);
  const compared =
    windows.length < leastWindows ? [] : windows.flatMap(({ cells }) => againstOthers(matchCells(baseline, cells)));
  if (compared.length < leastWindows) {
    return { baseline, baselineMissing, noise: { ...nothingLearnt, windows: windows.length } };
  }
  const dispersion = compared.filter(({ freedom }) => freedom > 0).map(({ chi2, freedom }) => chi2 / freedom);
  const phi = dispersion.length === 0 ? 1 : Math.max(1, median(dispersion));
  const thresholds: Partial<Record<DriftMethod, number>> = {};
  for (const method of ["psi", "js", "w1"] as const) {
    const distances = compared
      .map((each) => effect(each, method).distance)
      .filter((distance) => distance !== undefined);
    if (distances.length >= leastWindows) thresholds[method] = upperEnd(distances);
  }
  return { baseline, baselineMissing, noise: { windows: windows.length, phi, thresholds } };
}

/** Nothing where a side is empty. */
function againstOthers(match: MatchedCells | undefined): Compared[] {
  if (match === undefined) return [];
  const others = match.baseline.map((count, cell) => Math.max(0, count - match.current[cell]!));
  const compared = compare({ ...match, baseline: others }, judgeDefaults.leastRowsPerCell);
  return compared === undefined ? [] : [compared];
}

function upperEnd(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return mean + deviations * Math.sqrt(variance);
}
