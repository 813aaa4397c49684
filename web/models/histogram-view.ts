/** A baseline and a current histogram as they are drawn: few enough cells, nothing empty at the ends. */
import type { MatchedCells, MatchedNumbers } from "./cells.ts";

export type NumbersView = {
  readonly form: "numbers";
  /** null: the cell is open to that side. One more than counts. */
  readonly bounds: readonly (number | null)[];
  readonly baseline: readonly number[];
  readonly current: readonly number[];
  readonly approximate: boolean;
  /** Neighbouring cells were joined, since there are more than can be drawn. */
  readonly joined: boolean;
};

export type CategoriesView = {
  readonly form: "categories";
  /** Those whose share changed most first; the others are one row at the end. */
  readonly rows: readonly { readonly name: string; readonly baseline: number; readonly current: number }[];
  readonly others: number;
};

export type HistogramView = NumbersView | CategoriesView;

const MAX_CELLS = 160;
const MAX_CATEGORIES = 20;

export function histogramView(cells: MatchedCells): HistogramView {
  if (cells.form === "numbers") return numbersView(cells);
  const [n, m] = [total(cells.baseline) || 1, total(cells.current) || 1];
  const change = (at: number) => Math.abs(cells.current[at]! / m - cells.baseline[at]! / n);
  const order = cells.names
    .map((_, at) => at)
    .sort((a, b) => change(b) - change(a) || cells.current[b]! - cells.current[a]!);
  const row = (at: number) => ({ name: cells.names[at]!, baseline: cells.baseline[at]!, current: cells.current[at]! });
  const rows = order.slice(0, MAX_CATEGORIES).map(row);
  const rest = order.slice(MAX_CATEGORIES).map(row);
  const sum = (of: "baseline" | "current") => rest.reduce((all, each) => all + each[of], 0);
  if (rest.length > 0) rows.push({ name: `${rest.length} others`, baseline: sum("baseline"), current: sum("current") });
  return { form: "categories", rows, others: rest.length };
}

function numbersView({ bounds, baseline, current, approximate }: MatchedNumbers): NumbersView {
  const occupied = baseline.map((count, cell) => count > 0 || current[cell]! > 0);
  const first = Math.max(0, occupied.indexOf(true));
  const last = Math.max(first, occupied.lastIndexOf(true));
  const cells = last - first + 1;
  const per = Math.ceil(cells / MAX_CELLS);
  const edges: (number | null)[] = [];
  const sums = { baseline: [] as number[], current: [] as number[] };
  for (let cell = first; cell <= last; cell += per) {
    const end = Math.min(cell + per, last + 1);
    edges.push(finite(bounds[cell]));
    sums.baseline.push(total(baseline.slice(cell, end)));
    sums.current.push(total(current.slice(cell, end)));
    if (end === last + 1) edges.push(finite(bounds[end]));
  }
  return { form: "numbers", bounds: edges, ...sums, approximate, joined: per > 1 };
}

function finite(edge: number | undefined): number | null {
  return edge === undefined || !Number.isFinite(edge) ? null : edge;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
