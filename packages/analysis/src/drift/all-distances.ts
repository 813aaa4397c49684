/** Every distance between two histograms, by the names they are printed by: for `lockstep drift compare` and whoever checks it. */
import type { CategoryCells, Cells, ExplicitCells } from "@lockstep/schemas/domain/observed";
import { axisDistances } from "./axis-distances.ts";
import { cellDistances } from "./cell-distances.ts";
import { matchCells, type NumericMatch } from "./match-cells.ts";
import { asExplicit } from "./merge-cells.ts";
import { countOf } from "./stored-observed.ts";
import { coarsened, haveSameBounds, overUnion } from "./unlike-bounds.ts";

type Figure = number | boolean | readonly number[];

export type AllDistances = Readonly<Record<string, Figure | Readonly<Record<string, Figure>>>>;

/** Over all cells as they are, none joined. Undefined where one side holds numbers and the other categories. */
export function allDistances(baseline: Cells, current: Cells): AllDistances | undefined {
  const counts = { n_baseline: countOf(baseline), n_current: countOf(current) };
  if (counts.n_baseline === 0 || counts.n_current === 0) return { ...counts, defined: false };
  if (baseline.form === "categories" && current.form === "categories") return ofCategories(baseline, current);
  if (baseline.form === "categories" || current.form === "categories") return undefined;
  if (baseline.form === "exponential" && current.form === "exponential") {
    return ofNumbers(matchCells(baseline, current) as NumericMatch, counts);
  }
  const [a, b] = [asExplicit(baseline), asExplicit(current)];
  if (haveSameBounds(a, b)) return ofNumbers({ bounds: a.bounds, baseline: a.counts, current: b.counts }, counts);
  return ofUnlikeBounds(a, b, counts);
}

type Counts = { readonly n_baseline: number; readonly n_current: number };

function ofNumbers(
  { bounds, baseline, current }: Pick<NumericMatch, "bounds" | "baseline" | "current">,
  counts: Counts,
) {
  return {
    defined: true,
    ...cellDistances(baseline, current),
    // Of counts that were split the sums are rounded.
    ...counts,
    ...axisDistances(bounds, baseline, current),
  };
}

/** Over the union of the edges, and beside it over those that both have. */
function ofUnlikeBounds(baseline: ExplicitCells, current: ExplicitCells, counts: Counts): AllDistances {
  const union = overUnion(baseline, current);
  const shared = coarsened(baseline, current);
  return {
    ...ofNumbers(union, counts),
    approximate: union.approximate,
    union_bounds: union.bounds,
    baseline_split: union.baseline,
    current_split: union.current,
    ...(shared && {
      coarsen_to_shared_edges: {
        shared_bounds: shared.bounds,
        baseline: shared.baseline,
        current: shared.current,
        ...ofNumbers(shared, counts),
      },
    }),
  };
}

function ofCategories(baseline: CategoryCells, current: CategoryCells): AllDistances {
  const names = [...new Set([...baseline.counts.keys(), ...current.counts.keys()])].sort();
  const [before, now] = [baseline, current].map(({ counts }) => names.map((name) => counts.get(name) ?? 0)) as [
    number[],
    number[],
  ];
  const share = (of: readonly number[], other: readonly number[]) =>
    of.reduce((sum, count, cell) => sum + (other[cell] === 0 ? count : 0), 0) /
    of.reduce((sum, count) => sum + count, 0);
  return {
    defined: true,
    ...cellDistances(before, now),
    new_category_fraction: share(now, before),
    lost_category_fraction: share(before, now),
  };
}
