/** Every distance between two histograms, by the names they are printed by: for `lockstep drift compare` and whoever checks it. */
import type { CategoryCells, Cells } from "@lockstep/schemas/domain/observed";
import { axisDistances } from "./axis-distances.ts";
import { cellDistances } from "./cell-distances.ts";
import { matchCells } from "./match-cells.ts";
import { countOf } from "./stored-observed.ts";

export type AllDistances = Readonly<Record<string, number | boolean | readonly number[]>>;

/** Over all cells as they are, none joined. Undefined where one side holds numbers and the other categories. */
export function allDistances(baseline: Cells, current: Cells): AllDistances | undefined {
  const counts = { n_baseline: countOf(baseline), n_current: countOf(current) };
  if (counts.n_baseline === 0 || counts.n_current === 0) return { ...counts, defined: false };
  if (baseline.form === "categories" && current.form === "categories") return ofCategories(baseline, current);
  const match = matchCells(baseline, current);
  if (match?.form !== "numeric") return undefined;
  return {
    ...counts,
    defined: true,
    ...cellDistances(match.baseline, match.current),
    ...counts,
    ...axisDistances(match.bounds, match.baseline, match.current),
    ...(match.approximate && {
      approximate: true,
      union_bounds: match.bounds,
      baseline_split: match.baseline,
      current_split: match.current,
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
