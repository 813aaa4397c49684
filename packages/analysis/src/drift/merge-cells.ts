/** Sums of observed histograms: associative, commutative, and no count is lost. */
import type { Cells, ExplicitCells } from "@lockstep/schemas/domain/observed";
import { explicitOf, merged } from "./exponential.ts";

/** Undefined where one side holds numbers and the other categories. */
export function mergeCells(a: Cells, b: Cells): Cells | undefined {
  if (a.form === "categories" && b.form === "categories") {
    return { form: "categories", counts: addedCategories(a.counts, b.counts) };
  }
  if (a.form === "categories" || b.form === "categories") return undefined;
  if (a.form === "exponential" && b.form === "exponential") return merged(a, b);
  return addedExplicit(asExplicit(a), asExplicit(b));
}

/** Undefined of nothing, and where forms do not go together. */
export function mergeAll(cells: readonly Cells[]): Cells | undefined {
  const [first, ...rest] = cells;
  return rest.reduce((sum: Cells | undefined, each) => sum && mergeCells(sum, each), first);
}

export function asExplicit(cells: Exclude<Cells, { form: "categories" }>): ExplicitCells {
  return cells.form === "explicit" ? cells : { form: "explicit", ...explicitOf(cells) };
}

function addedCategories(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): Map<string, number> {
  const sum = new Map(a);
  for (const [name, count] of b) sum.set(name, (sum.get(name) ?? 0) + count);
  return sum;
}

/**
 * Over the same edges cells add. Else over those edges of either that cut no cell with a count: what such a cell holds cannot
 * be told apart.
 */
function addedExplicit(a: ExplicitCells, b: ExplicitCells): ExplicitCells {
  if (sameEdges(a.bounds, b.bounds)) {
    return { form: "explicit", bounds: a.bounds, counts: a.counts.map((count, cell) => count + b.counts[cell]!) };
  }
  const all = [...new Set([...a.bounds, ...b.bounds])].sort((x, y) => x - y);
  const cutByA = cutsNothing(a);
  const cutByB = cutsNothing(b);
  const bounds = all.filter((edge) => cutByA(edge) && cutByB(edge));
  const counts = new Array<number>(Math.max(0, bounds.length - 1)).fill(0);
  for (const side of [a, b]) addInto(counts, bounds, side);
  return { form: "explicit", bounds, counts };
}

export function sameEdges(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((edge, i) => edge === b[i]));
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
