/** Sums of observed histograms: associative, commutative, and no count is lost. */
import type { CategoryCells, Cells, ExplicitCells } from "@lockstep/schemas/domain/observed";
import { explicitOf, merged } from "./exponential.ts";
import { haveSameBounds } from "./unlike-bounds.ts";

/** Undefined where the forms differ: no rule for a pair of them would hold in any order. mergeAll has one for all of them. */
export function mergeCells(a: Cells, b: Cells): Cells | undefined {
  return a.form === b.form ? mergeAll([a, b]) : undefined;
}

/**
 * Undefined of nothing, and where numbers meet categories. Where explicit and exponential histograms meet, those of a form are
 * summed first.
 */
export function mergeAll(cells: readonly Cells[]): Cells | undefined {
  if (cells.length <= 1) return cells[0];
  const explicit = cells.filter((each) => each.form === "explicit");
  const exponential = cells.filter((each) => each.form === "exponential");
  const categories = cells.filter((each) => each.form === "categories");
  if (categories.length > 0) return categories.length < cells.length ? undefined : addedCategories(categories);
  const sum = exponential.length === 0 ? undefined : exponential.reduce(merged);
  if (explicit.length === 0) return sum;
  return addedExplicit(sum === undefined ? explicit : [...explicit, asExplicit(sum)]);
}

export function asExplicit(cells: Exclude<Cells, { form: "categories" }>): ExplicitCells {
  return cells.form === "explicit" ? cells : { form: "explicit", ...explicitOf(cells) };
}

function addedCategories(all: readonly CategoryCells[]): CategoryCells {
  const sum = new Map(all[0]!.counts);
  for (const { counts } of all.slice(1))
    for (const [name, count] of counts) sum.set(name, (sum.get(name) ?? 0) + count);
  return { form: "categories", counts: sum };
}

/**
 * Over the same edges cells add. Else over all edges that cut no cell with a count, of whichever histogram: what such a cell
 * holds cannot be told apart.
 */
function addedExplicit(all: readonly ExplicitCells[]): ExplicitCells {
  const byEdges: ExplicitCells[] = [];
  for (const each of all) {
    const at = byEdges.findIndex((known) => haveSameBounds(known, each));
    if (at < 0) byEdges.push({ ...each, counts: [...each.counts] });
    else addTo(byEdges[at]!.counts as number[], each.counts);
  }
  if (byEdges.length === 1) return byEdges[0]!;
  const edges = [...new Set(byEdges.flatMap(({ bounds }) => bounds))].sort((x, y) => x - y);
  const isUncut = byEdges.map(cutsNothing);
  const bounds = edges.filter((edge) => isUncut.map((asked) => asked(edge)).every(Boolean));
  const counts = new Array<number>(Math.max(0, bounds.length - 1)).fill(0);
  for (const each of byEdges) addInto(counts, bounds, each);
  return { form: "explicit", bounds, counts };
}

function addTo(sums: number[], counts: readonly number[]): void {
  for (let cell = 0; cell < sums.length; cell++) sums[cell]! += counts[cell]!;
}

/** Asked with ascending edges. */
function cutsNothing({ bounds, counts }: ExplicitCells): (edge: number) => boolean {
  let cell = 0;
  return (edge) => {
    while (cell < counts.length && bounds[cell + 1]! <= edge) cell++;
    return cell >= counts.length || edge <= bounds[cell]! || counts[cell] === 0;
  };
}

/** A cell without a count may reach over several; it adds nothing wherever it goes. */
function addInto(sums: number[], edges: readonly number[], { bounds, counts }: ExplicitCells): void {
  let at = 0;
  for (const [cell, count] of counts.entries()) {
    if (count === 0) continue;
    while (edges[at + 1]! < bounds[cell + 1]!) at++;
    sums[at]! += count;
  }
}
