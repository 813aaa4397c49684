/** Two observed histograms brought to the same cells. */
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
  /** Of the cells: the most frequent categories of both sides together, and OTHER for all the others. */
  readonly names: readonly string[];
  readonly baseline: readonly number[];
  readonly current: readonly number[];
  readonly approximate: false;
  /** Rows of the current side whose category the baseline does not know. */
  readonly fresh: number;
  /** Their share though nothing has changed: categories that the baseline saw once, over its rows (Good 1953). */
  readonly expectedFresh: number;
};

export type MatchedCells = NumericMatch | CategoryMatch;

/** Also what clients and the collector call what they have put together. */
export const OTHER = "__other__";
/** As clients call a value that is not there, where they count it as a category. */
const MISSING = "__missing__";
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

/**
 * Which categories have a cell follows from the sums of both sides. Would the baseline alone decide, those that it happened to
 * see often would have one, and the others, or those it did not see at all, would seem to have become more.
 */
function matchCategories(baseline: ReadonlyMap<string, number>, current: ReadonlyMap<string, number>): CategoryMatch {
  let [rows, once, fresh] = [0, 0, 0];
  const sums = new Map<string, number>();
  for (const [name, count] of baseline) {
    if (count === 0) continue;
    sums.set(name, count);
    rows += count;
    if (count === 1) once++;
  }
  for (const [name, count] of current) {
    if (count === 0) continue;
    const before = sums.get(name);
    sums.set(name, count + (before ?? 0));
    if (before === undefined && name !== OTHER) fresh += count;
  }
  const names = ownNames(sums);
  if (names.length < sums.size) names.push(OTHER);
  const counts = (of: ReadonlyMap<string, number>) => countsOf(of, names);
  return {
    form: "categories",
    names,
    baseline: counts(baseline),
    current: counts(current),
    approximate: false,
    fresh,
    expectedFresh: rows === 0 ? 0 : once / rows,
  };
}

function ownNames(sums: ReadonlyMap<string, number>): string[] {
  const named = [...sums].filter(([name]) => name !== OTHER);
  if (named.length > maxCategories) {
    const rank = (each: readonly [string, number]) => (each[0] === MISSING ? Number.POSITIVE_INFINITY : each[1]);
    named.sort((a, b) => (a[1] === b[1] ? (a[0] < b[0] ? -1 : 1) : rank(b) - rank(a)));
  }
  return named.slice(0, maxCategories).map(([name]) => name);
}

/** The last of the names is OTHER's where there is one: what has no cell of its own. */
function countsOf(counts: ReadonlyMap<string, number>, names: readonly string[]): number[] {
  const cells = names.map((name) => (name === OTHER ? 0 : (counts.get(name) ?? 0)));
  if (names.at(-1) !== OTHER) return cells;
  let rest = 0;
  for (const count of counts.values()) rest += count;
  for (const count of cells) rest -= count;
  cells[cells.length - 1] = rest;
  return cells;
}

/** At the scale and zero bucket that both have when they are merged. */
function matchExponential(baseline: ExponentialCells, current: ExponentialCells): NumericMatch {
  const shape = merged(baseline, current);
  const counts = (of: ExponentialCells) => onShape(hasShape(of, shape) ? of : merged(of, emptied(shape)), shape);
  return {
    form: "numeric",
    bounds: explicitOf(shape).bounds,
    baseline: counts(baseline),
    current: counts(current),
    approximate: false,
  };
}

function hasShape(cells: ExponentialCells, shape: ExponentialCells): boolean {
  return cells.scale === shape.scale && cells.zeroThreshold === shape.zeroThreshold;
}

function emptied(cells: ExponentialCells): ExponentialCells {
  const none = { offset: 0, counts: [] };
  return { ...cells, zeroCount: 0, positive: none, negative: none };
}

/** Counts over the cells of `explicitOf(shape)`: negative buckets mirrored, the zero bucket, positive buckets. */
function onShape(cells: ExponentialCells, shape: ExponentialCells): number[] {
  const side = (of: "positive" | "negative") => {
    const counts = new Array<number>(shape[of].counts.length).fill(0);
    const from = cells[of].offset - shape[of].offset;
    for (let at = 0; at < cells[of].counts.length; at++) counts[from + at] = cells[of].counts[at]!;
    return counts;
  };
  return [...side("negative").reverse(), cells.zeroCount, ...side("positive")];
}
