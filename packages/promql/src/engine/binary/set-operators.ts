/** and, or, unless: which series there are, never what their values are. */
import type { SetOperator, VectorMatching } from "../../parse/ast.ts";
import { type Column, type Grid, mergeSameLabels, nonEmpty } from "../value.ts";
import { indexesBy, matchedLabels } from "./signature.ts";

export function applySet(
  op: SetOperator,
  matching: VectorMatching,
  left: readonly Column[],
  right: readonly Column[],
  grid: Grid,
): readonly Column[] {
  const labelsOf = matchedLabels(matching);
  const keyOf = (column: Column) => labelsOf(column.labels).key;
  if (op === "or") {
    const taken = presence(left, keyOf, grid);
    const added = right.map((column) => masked(column, taken.get(keyOf(column)), false));
    const both = nonEmpty([...left, ...added]);
    // At one step Prometheus keeps the order and leaves doubles for whoever uses the result.
    return grid.count === 1 ? both : mergeSameLabels(both);
  }
  const others = presence(right, keyOf, grid);
  return nonEmpty(left.map((column) => masked(column, others.get(keyOf(column)), op === "and")));
}

/** For each signature 1 at the steps where any of its series has a value. */
function presence(
  columns: readonly Column[],
  keyOf: (column: Column) => string,
  grid: Grid,
): ReadonlyMap<string, Uint8Array> {
  const present = new Map<string, Uint8Array>();
  for (const [key, indexes] of indexesBy(columns, keyOf)) {
    if (indexes.length === 1) {
      present.set(key, columns[indexes[0]!]!.present);
      continue;
    }
    const any = new Uint8Array(grid.count);
    for (const i of indexes) {
      const own = columns[i]!.present;
      for (let step = 0; step < grid.count; step++) any[step]! |= own[step]!;
    }
    present.set(key, any);
  }
  return present;
}

/** The column where the mask is (or is not) set; an undefined mask is set nowhere. */
function masked(column: Column, mask: Uint8Array | undefined, keep: boolean): Column {
  if (mask === undefined) return keep ? { ...column, present: new Uint8Array(column.present.length) } : column;
  const present = column.present.map((own, step) => (own === 1 && (mask[step] === 1) === keep ? 1 : 0));
  return { ...column, present };
}
