/** Binary operators with at least one scalar operand. */
import { type Binary, isComparison, isSetOperator } from "../../parse/ast.ts";
import type { Evaluation } from "../evaluation.ts";
import { renamed } from "../naming.ts";
import { type Column, ColumnMemory, isEmpty, mergeSameLabels } from "../value.ts";
import { ARITHMETIC, COMPARISON } from "./arithmetic.ts";

export function scalarWithScalar(node: Binary, left: Float64Array, right: Float64Array): Float64Array {
  const { op } = node;
  if (isSetOperator(op)) throw new TypeError(`${op} between scalars passed the type check`);
  if (isComparison(op)) return left.map((value, step) => (COMPARISON[op](value, right[step]!) ? 1 : 0));
  return left.map((value, step) => ARITHMETIC[op](value, right[step]!));
}

/** `scalarIsLeft` tells which operand the scalar is. A comparison keeps the vector's value, whichever side it is on. */
export function vectorWithScalar(
  evaluation: Evaluation,
  node: Binary,
  columns: readonly Column[],
  scalar: Float64Array,
  scalarIsLeft: boolean,
): readonly Column[] {
  const { op } = node;
  if (isSetOperator(op)) throw new TypeError(`${op} with a scalar passed the type check`);
  const count = scalar.length;
  evaluation.spend(columns.length * count);
  const memory = new ColumnMemory(columns.length, count);
  const result: Column[] = [];
  for (const column of columns) {
    const taken = memory.take();
    if (!isComparison(op)) {
      const operate = ARITHMETIC[op];
      for (let step = 0; step < count; step++) {
        const value = column.values[step]!;
        taken.values[step] = scalarIsLeft ? operate(scalar[step]!, value) : operate(value, scalar[step]!);
      }
      result.push(renamed(evaluation, column, taken.values));
      continue;
    }
    const holds = COMPARISON[op];
    for (let step = 0; step < count; step++) {
      if (column.present[step] === 0) continue;
      const value = column.values[step]!;
      const kept = scalarIsLeft ? holds(scalar[step]!, value) : holds(value, scalar[step]!);
      taken.present[step] = kept || node.bool ? 1 : 0;
      taken.values[step] = node.bool ? (kept ? 1 : 0) : value;
    }
    if (isEmpty(taken.present)) memory.release(taken);
    else if (node.bool) result.push(renamed(evaluation, column, taken.values, taken.present));
    else result.push({ ...column, ...taken });
  }
  return evaluation.delayedNames ? result : mergeSameLabels(result);
}
