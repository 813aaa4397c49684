/** Two observed histograms brought to the same cells, and to as few of them as a test of counts can bear. */
import type { Cells, ExponentialCells } from "@lockstep/schemas/domain/observed";
import { explicitOf, merged } from "./exponential.ts";
import { asExplicit } from "./merge-cells.ts";
import { matchBounds } from "./unlike-bounds.ts";

export type NumericMatch = {
  readonly form: "numeric";
  /** Edges, one more than cells. */
  readonly bounds: readonly number[];
  readonly baseline: readonly number[];
  readonly current: readonly number[];
  /** Counts were shared out within cells: no test of counts may be made of them. */
  readonly approximate: boolean;
};

export type CategoryMatch = {
  readonly form: "categories";
  /** Of the cells: names as they were told, OTHER for all that are rare in the baseline, NEW for what it does not know. */
  readonly names: readonly string[];
  readonly baseline: readonly number[];
  readonly current: readonly number[];
  readonly approximate: false;
};

export type MatchedCells = NumericMatch | CategoryMatch;

export const OTHER = "__other__";
export const NEW = "__new__";
/** Categories with a cell of their own. */
const maxCategories = 50;

/** Undefined where one side holds numbers and the other categories. */
export function matchCells(baseline: Cells, current: Cells): MatchedCells | undefined {
  if (baseline.form === "categories" && current.form === "categories") {
    return matchCategories(baseline.counts, current.counts);
  }
  if (baseline.form === "categories" || current.form === "categories") return undefined;
  if (baseline.form === "exponential" && current.form === "exponential") return matchExponential(baseline, current);
  return { form: "numeric", ...matchBounds(asExplicit(baseline), asExplicit(current)) };
}

function matchCategories(baseline: ReadonlyMap<string, number>, current: ReadonlyMap<string, number>): CategoryMatch {
  const known = [...baseline].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const own = known.slice(0, maxCategories);
  const rest = known.slice(maxCategories);
  const cells = new Map(own.map(([name, count]) => [name, { before: count, now: current.get(name) ?? 0 }]));
  const sum = (names: readonly [string, number][], of: (name: string, count: number) => number) =>
    names.reduce((all, [name, count]) => all + of(name, count), 0);
  if (rest.length > 0) {
    cells.set(OTHER, { before: sum(rest, (_, count) => count), now: sum(rest, (name) => current.get(name) ?? 0) });
  }
  const isKnown = new Set(known.map(([name]) => name));
  const fresh = [...current].filter(([name]) => !isKnown.has(name));
  if (sum(fresh, (_, count) => count) > 0) cells.set(NEW, { before: 0, now: sum(fresh, (_, count) => count) });
  return {
    form: "categories",
    names: [...cells.keys()],
    baseline: Array.from(cells.values(), ({ before }) => before),
    current: Array.from(cells.values(), ({ now }) => now),
    approximate: false,
  };
}

/** At the scale and zero bucket that both have when they are merged. */
function matchExponential(baseline: ExponentialCells, current: ExponentialCells): NumericMatch {
  const shape = merged(baseline, current);
  return {
    form: "numeric",
    bounds: explicitOf(shape).bounds,
    baseline: onShape(merged(baseline, emptied(current)), shape),
    current: onShape(merged(current, emptied(baseline)), shape),
    approximate: false,
  };
}

function emptied(cells: ExponentialCells): ExponentialCells {
  const none = { offset: 0, counts: [] };
  return { ...cells, zeroCount: 0, positive: none, negative: none };
}

/** Counts over the cells of `explicitOf(shape)`: negative buckets mirrored, the zero bucket, positive buckets. */
function onShape(cells: ExponentialCells, shape: ExponentialCells): number[] {
  const side = (of: "positive" | "negative") =>
    shape[of].counts.map((_, at) => cells[of].counts[shape[of].offset + at - cells[of].offset] ?? 0);
  return [...side("negative").reverse(), cells.zeroCount, ...side("positive")];
}

/** Shares of the baseline: a cell of its own where it has so much, or more cells than these are joined. */
const mostCells = 20;
const leastCells = 10;

/**
 * Neighbours joined until each cell holds an equal share of the baseline, 20 cells at the most and 10 where rows are few;
 * categories that are rare go to OTHER. `rows`: n m / (n + m). Cells have an expected count of at least `leastRowsPerCell`
 * on the smaller side then, or there are too few rows for a test.
 */
export function joinedCells(match: MatchedCells, rows: number, leastRowsPerCell: number): MatchedCells {
  const cells = Math.max(leastCells, Math.min(mostCells, Math.floor(rows / leastRowsPerCell)));
  return match.form === "numeric" ? joinedNeighbours(match, cells) : joinedRare(match, cells);
}

function joinedNeighbours(match: NumericMatch, cells: number): NumericMatch {
  const n = match.baseline.reduce(plus, 0);
  const bounds = [match.bounds[0]!];
  const [baseline, current]: [number[], number[]] = [[], []];
  let [before, now, left] = [0, 0, n];
  for (let cell = 0; cell < match.baseline.length; cell++) {
    before += match.baseline[cell]!;
    now += match.current[cell]!;
    left -= match.baseline[cell]!;
    // What is left over must not be a cell of next to nothing.
    if (cell + 1 < match.baseline.length && (before < n / cells || left < n / cells / 2)) continue;
    baseline.push(before);
    current.push(now);
    bounds.push(match.bounds[cell + 1]!);
    [before, now] = [0, 0];
  }
  return { ...match, bounds, baseline, current };
}

function joinedRare(match: CategoryMatch, cells: number): CategoryMatch {
  const n = match.baseline.reduce(plus, 0);
  const least = n / cells / 5;
  const own: number[] = [];
  let [before, now, rare] = [0, 0, false];
  for (const [cell, count] of match.baseline.entries()) {
    if (match.names[cell] === NEW || (count >= least && match.names[cell] !== OTHER)) own.push(cell);
    else [before, now, rare] = [before + count, now + match.current[cell]!, true];
  }
  return {
    ...match,
    names: [...own.map((cell) => match.names[cell]!), ...(rare ? [OTHER] : [])],
    baseline: [...own.map((cell) => match.baseline[cell]!), ...(rare ? [before] : [])],
    current: [...own.map((cell) => match.current[cell]!), ...(rare ? [now] : [])],
  };
}

function plus(sum: number, count: number): number {
  return sum + count;
}
