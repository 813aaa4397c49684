/** absent and absent_over_time: 1 where nothing is there. */
import { type Expression, unwrapped } from "../../parse/ast.ts";
import { fromEntries, type Labels, NO_LABELS } from "../labels.ts";
import type { Column, Grid } from "../value.ts";

/** The labels a selector fixes by exactly one equality, the name aside; none for any other expression. */
export function labelsOfAbsent(argument: Expression): Labels {
  const inner = unwrapped(argument);
  const selector = inner.kind === "matrix" ? inner.selector : inner;
  if (selector.kind !== "selector") return NO_LABELS;
  const fixed = new Map<string, string>();
  const seen = new Set<string>();
  for (const { name, op, value } of selector.matchers) {
    if (name === "__name__") continue;
    if (op === "=" && !seen.has(name)) fixed.set(name, value);
    else fixed.delete(name);
    if (op === "=") seen.add(name);
  }
  return fromEntries(fixed);
}

/** One column of 1 at the steps where none of `columns` has a value. */
export function absentColumn(columns: readonly Column[], labels: Labels, grid: Grid): Column[] {
  const values = new Float64Array(grid.count).fill(1);
  const present = new Uint8Array(grid.count).fill(1);
  for (const column of columns) {
    for (let step = 0; step < grid.count; step++) if (column.present[step] === 1) present[step] = 0;
  }
  return present.includes(1) ? [{ labels, dropName: false, values, present }] : [];
}
