/**
 * Rules that say whether a window drifted, as their products have them by default. All are given the same fine counts, of the
 * windows that the reference is made of and of the current one.
 */
import { axisMeasures } from "@lockstep/analysis/drift/axis-distances";
import { cellSums } from "@lockstep/analysis/drift/cell-distances";
import { judgeWindow } from "@lockstep/analysis/drift/judge-window";
import { learnNoise } from "@lockstep/analysis/drift/learn-noise";
import { chiSquareUpperTail } from "@lockstep/analysis/stats/gamma";
import { kolmogorovTail } from "@lockstep/analysis/stats/kolmogorov";
import type { Cells } from "@lockstep/schemas/domain/observed";
import { doaneCells } from "./doane.ts";
import type { Population } from "./populations.ts";

type Counts = readonly number[];

export type Reference = {
  readonly population: Population;
  readonly windows: readonly Counts[];
  /** Their sum. */
  readonly counts: Counts;
  readonly rows: number;
};

/** `score`: the higher, the more it looks like drift. `alert`: by the threshold that the product has by default. */
export type Said = { readonly score: number; readonly alert: boolean };

export type Rule = {
  /** One for each way that it is scored. */
  readonly names: readonly string[];
  readonly isFor: (population: Population) => boolean;
  /** What is to be said of current counts, by what the reference tells; by names. */
  readonly learn: (reference: Reference) => (current: Counts) => readonly Said[];
};

const any = () => true;
const numeric = ({ form }: Population) => form === "explicit";

/** Scored by how sure the judge is, and by how large the distance is; its alert wants both. */
const lockstep: Rule = {
  names: ["Lockstep p", "Lockstep PSI"],
  isFor: any,
  learn: ({ population, windows }) => {
    const cellsOf = observerOf(population);
    const learnt = learnNoise(windows.map((counts) => ({ cells: cellsOf(counts), missing: 0 })));
    if (learnt === undefined) throw new Error(`windows of ${population.name} have no sum: expected one form of cells`);
    return (current) => {
      const input = { kind: "input" as const, feature: "x", current: cellsOf(current), currentMissing: 0, ...learnt };
      const { p, distance, verdict } = judgeWindow([input])[0]!;
      const alert = verdict === "drift";
      return [
        { score: p === undefined ? Number.NEGATIVE_INFINITY : -p, alert },
        { score: p === undefined ? Number.NEGATIVE_INFINITY : (distance ?? 0), alert },
      ];
    };
  },
};

/** Cells of about the same number of rows by the distribution itself, as bounds are fixed before anything is counted. */
const observedCells = 20;

const observers = new Map<Population, (counts: Counts) => Cells>();

function observerOf(population: Population): (counts: Counts) => Cells {
  const known = observers.get(population) ?? observer(population);
  observers.set(population, known);
  return known;
}

function observer({ form, shares, bounds }: Population): (counts: Counts) => Cells {
  if (form === "categories") {
    return (counts) => ({ form, counts: new Map(counts.map((count, cell) => [`c${cell}`, count])) });
  }
  let below = 0;
  const cellOf = shares.map((share) => {
    below += share;
    return Math.min(observedCells - 1, Math.floor((below - share / 2) * observedCells));
  });
  const edges = cellOf.flatMap((cell, at) => (at > 0 && cell !== cellOf[at - 1] ? [bounds[at]!] : []));
  const all = [bounds[0]!, ...edges, bounds.at(-1)!];
  return (counts) => ({ form, bounds: all, counts: gathered(counts, cellOf, observedCells) });
}

function gathered(counts: Counts, cellOf: readonly number[], cells: number): number[] {
  const sums = new Array<number>(cells).fill(0);
  for (let at = 0; at < counts.length; at++) sums[cellOf[at]!]! += counts[at]!;
  return sums;
}

/** Up to so many rows of the reference it takes a test, beyond a distance. */
const evidentlyTestsUpTo = 1000;

const evidently: Rule = {
  names: ["evidently"],
  isFor: any,
  learn: ({ population: { form, bounds }, counts, rows }) => {
    const isTest = rows <= evidentlyTestsUpTo;
    return (current) => {
      const m = sumOf(current);
      if (form === "categories") {
        const p = isTest ? goodnessOfFit(counts, current, rows, m) : undefined;
        const js = Math.sqrt(Math.max(0, cellSums(counts, current, rows, m).js / 2));
        return [p === undefined ? { score: js, alert: js >= 0.1 } : { score: -p, alert: p < 0.05 }];
      }
      if (!isTest) {
        const w1 = axisMeasures(bounds, counts, current).w1_norm_midpoint ?? Number.NaN;
        return [{ score: w1, alert: w1 >= 0.1 }];
      }
      const ks = largestGap(counts, current, rows, m);
      return [{ score: ks, alert: ks > criticalGap(Math.round((rows * m) / (rows + m))) }];
    };
  },
};

const criticalGaps = new Map<number, number>();

/** Of a sample of n values: a larger one has p < 0.05. */
function criticalGap(n: number): number {
  const known = criticalGaps.get(n);
  if (known !== undefined) return known;
  let [low, high] = [0, 1];
  for (let halved = 0; halved < 40; halved++) {
    const middle = (low + high) / 2;
    if (kolmogorovTail(middle, n) < 0.05) high = middle;
    else low = middle;
  }
  criticalGaps.set(n, high);
  return high;
}

/** The reference's shares are taken for the truth. */
function goodnessOfFit(reference: Counts, current: Counts, n: number, m: number): number {
  let [chi2, cells] = [0, 0];
  for (const [cell, count] of reference.entries()) {
    const expected = (count * m) / n;
    if (count + current[cell]! === 0) continue;
    cells++;
    chi2 += (current[cell]! - expected) ** 2 / expected;
  }
  return chiSquareUpperTail(chi2, cells - 1);
}

const nannymlJs: Rule = {
  names: ["NannyML JS"],
  isFor: any,
  learn: (reference) => {
    const { population, counts } = reference;
    const cells = population.form === "categories" ? undefined : doaneCells(population.bounds, counts);
    const binned = (of: Counts) => (cells === undefined ? of : gathered(of, cells.cellOf, cells.cells));
    const before = binned(counts);
    const js = (of: Counts) => {
      const sums = cellSums(before, binned(of), reference.rows, sumOf(of));
      return Math.sqrt(Math.max(0, sums.js / 2 / Math.LN2));
    };
    return aboveUsual(reference, js);
  },
};

const nannymlKs: Rule = {
  names: ["NannyML KS"],
  isFor: numeric,
  learn: (reference) => aboveUsual(reference, (of) => largestGap(reference.counts, of, reference.rows, sumOf(of))),
};

/** Three standard deviations above the mean of the reference's own windows. */
function aboveUsual(
  { windows }: Reference,
  distance: (counts: Counts) => number,
): (current: Counts) => readonly Said[] {
  const usual = windows.map(distance);
  const mean = sumOf(usual) / usual.length;
  const deviation = Math.sqrt(sumOf(usual.map((each) => (each - mean) ** 2)) / usual.length);
  return (current) => {
    const score = (distance(current) - mean) / deviation;
    return [{ score, alert: score > 3 }];
  };
}

function largestGap(a: Counts, b: Counts, n: number, m: number): number {
  let [below, other, largest] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    below += a[at]!;
    other += b[at]!;
    largest = Math.max(largest, Math.abs(below / n - other / m));
  }
  return largest;
}

function sumOf(values: Counts): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]!;
  return sum;
}

export const rules: readonly Rule[] = [lockstep, evidently, nannymlJs, nannymlKs];
