/** Stored histograms as cells that can be added and compared. */
import { merged } from "@lockstep/analysis/drift/exponential";
import { matchCells } from "@lockstep/analysis/drift/match-cells";
import { asExplicit, mergeAll } from "@lockstep/analysis/drift/merge-cells";
import type { Cells, ExplicitCells } from "@lockstep/schemas/domain/observed";
import type { CellRow } from "@lockstep/schemas/queries/feature-cell-rows";

export function cellsOf(row: Omit<CellRow, "missing">): Cells {
  if (row.scale !== null) {
    return {
      form: "exponential",
      scale: row.scale,
      zeroThreshold: row.zeroThreshold,
      zeroCount: row.zeroCount,
      positive: { offset: row.positiveOffset, counts: row.positive },
      negative: { offset: row.negativeOffset, counts: row.negative },
    };
  }
  if (row.bounds.length > 0) return { form: "explicit", bounds: row.bounds, counts: row.counts };
  return { form: "categories", counts: new Map(row.names.map((name, at) => [name, row.ofNames[at] ?? 0])) };
}

export type MatchedNumbers = {
  readonly form: "numbers";
  /** Ascending, one more than counts; the first may be -Infinity and the last Infinity. */
  readonly bounds: readonly number[];
  readonly baseline: readonly number[];
  readonly current: readonly number[];
  /** Counts were shared out within cells, since the two were counted over unlike bounds. */
  readonly approximate: boolean;
};

/** Every category by its name: what is judged joins the new and the rare ones, what is looked at does not. */
export type MatchedCategories = {
  readonly form: "categories";
  readonly names: readonly string[];
  readonly baseline: readonly number[];
  readonly current: readonly number[];
};

export type MatchedCells = MatchedNumbers | MatchedCategories;

/** null where one counts numbers and the other categories. */
export function matched(baseline: Cells, current: Cells): MatchedCells | null {
  if (baseline.form === "categories" && current.form === "categories") {
    const names = [...new Set([...baseline.counts.keys(), ...current.counts.keys()])];
    const of = (counts: ReadonlyMap<string, number>) => names.map((name) => counts.get(name) ?? 0);
    return { form: "categories", names, baseline: of(baseline.counts), current: of(current.counts) };
  }
  const numeric = matchCells(baseline, current);
  return numeric?.form === "numeric" ? { ...numeric, form: "numbers" } : null;
}

/** The sum of histograms of one feature; null for none, or where numbers and categories are mixed. */
export function summed(parts: readonly Cells[]): Cells | null {
  return mergeAll(parts) ?? null;
}

/** The sum as edges and counts; null where there is none, or it is of categories. */
export function numbersOf(parts: readonly Cells[]): { bounds: readonly number[]; counts: readonly number[] } | null {
  const sum = summed(parts);
  return sum === null || sum.form === "categories" ? null : asExplicit(sum);
}

/** `part` over the cells of `whole`, which is a sum that it is a part of. */
export function reshaped(part: Cells, whole: Cells): Cells | null {
  if (part.form === "categories" || whole.form === "categories") return part.form === whole.form ? part : null;
  if (whole.form === "explicit") return gathered(asExplicit(part), whole.bounds);
  return part.form === "exponential" ? merged(part, emptied(whole)) : null;
}

/** The edges of a sum cut no cell that holds a count of one of its parts. */
function gathered({ bounds, counts }: ExplicitCells, edges: readonly number[]): ExplicitCells {
  const sums = new Array<number>(Math.max(0, edges.length - 1)).fill(0);
  let at = 0;
  for (const [cell, count] of counts.entries()) {
    if (count === 0) continue;
    while (at + 1 < sums.length && edges[at + 1]! < bounds[cell + 1]!) at += 1;
    sums[at]! += count;
  }
  return { form: "explicit", bounds: edges, counts: sums };
}

/** The same cells, nothing in them. */
export function emptied<Of extends Cells>(cells: Of): Of;
export function emptied(cells: Cells): Cells {
  const zeros = (counts: readonly number[]) => counts.map(() => 0);
  if (cells.form === "explicit") return { ...cells, counts: zeros(cells.counts) };
  if (cells.form === "categories")
    return { ...cells, counts: new Map([...cells.counts.keys()].map((name) => [name, 0])) };
  const { positive, negative } = cells;
  return {
    ...cells,
    zeroCount: 0,
    positive: { ...positive, counts: zeros(positive.counts) },
    negative: { ...negative, counts: zeros(negative.counts) },
  };
}
