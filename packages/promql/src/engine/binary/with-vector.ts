/** Arithmetic and comparison between two vectors: one-to-one, many-to-one, one-to-many. */
import {
  type ArithmeticOperator,
  type Binary,
  type ComparisonOperator,
  isComparison,
  isSetOperator,
} from "../../parse/ast.ts";
import { EvaluationError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import {
  compareLabels,
  fromEntries,
  type Labels,
  labelValue,
  only,
  printLabels,
  toMap,
  without,
  withoutName,
} from "../labels.ts";
import { type Column, ColumnMemory, type Grid, isEmpty, mergeSameLabels } from "../value.ts";
import { ARITHMETIC, COMPARISON } from "./arithmetic.ts";
import { indexesBy, matchedLabels } from "./signature.ts";

type Operands = {
  readonly node: Binary;
  readonly op: ArithmeticOperator | ComparisonOperator;
  /** For one-to-many these are the right operand's series. */
  readonly many: readonly Column[];
  readonly one: readonly Column[];
  readonly swapped: boolean;
  readonly grid: Grid;
};

/** Throws EvaluationError where matching is not unique. */
export function vectorWithVector(
  evaluation: Evaluation,
  node: Binary,
  left: readonly Column[],
  right: readonly Column[],
  grid: Grid,
): readonly Column[] {
  if (isSetOperator(node.op)) throw new TypeError(`${node.op} is a set operator`);
  const swapped = node.matching.cardinality === "one-to-many";
  const [many, one] = swapped ? [right, left] : [left, right];
  if (many.length === 0 || one.length === 0) return [];
  const operands: Operands = { node, op: node.op, many, one, swapped, grid };
  const labelsOf = matchedLabels(node.matching);
  const keyOf = (column: Column) => labelsOf(column.labels).key;
  const ofOne = indexesBy(one, keyOf);
  const ofMany = indexesBy(many, keyOf);
  evaluation.spend(many.length * grid.count);
  const memory = new ColumnMemory(many.length, grid.count);
  const result: Column[] = [];
  let anyMany: Uint8Array | undefined;
  for (const [key, ones] of ofOne) {
    if (ones.length > 1) {
      anyMany ??= anyPresent(many, grid);
      refuseDuplicates(operands, ones, anyMany);
    }
    const manys = ofMany.get(key);
    if (manys === undefined) continue;
    combineGroup(evaluation, operands, manys, ones, memory, result);
  }
  return evaluation.delayedNames && grid.count === 1 ? result : mergeSameLabels(result);
}

function anyPresent(columns: readonly Column[], grid: Grid): Uint8Array {
  const any = new Uint8Array(grid.count);
  for (const { present } of columns) for (let step = 0; step < grid.count; step++) any[step]! |= present[step]!;
  return any;
}

/** Two series of the one side under one signature at a step where the other side has anything at all. */
function refuseDuplicates({ node, one, swapped, grid }: Operands, ones: readonly number[], anyMany: Uint8Array): void {
  const holder = new Int32Array(grid.count).fill(-1);
  for (const i of ones) {
    for (let step = 0; step < grid.count; step++) {
      if (one[i]!.present[step] === 0 || anyMany[step] === 0) continue;
      if (holder[step]! < 0) {
        holder[step] = i;
        continue;
      }
      const pair = [one[holder[step]!]!.labels, one[i]!.labels].sort(compareLabels);
      const group = printLabels(matchedLabels(node.matching)(pair[0]!));
      const side = swapped ? "left" : "right";
      throw new EvaluationError(
        `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: ` +
          `[${pair.map(printLabels).join(", ")}];many-to-many matching not allowed: ` +
          "matching labels must be unique on one side",
      );
    }
  }
}

function combineGroup(
  evaluation: Evaluation,
  operands: Operands,
  manys: readonly number[],
  ones: readonly number[],
  memory: ColumnMemory,
  result: Column[],
): void {
  const { node, many, one, grid } = operands;
  const unique = manys.length > 1 || ones.length > 1 ? new UniqueMatches(operands) : undefined;
  for (const i of manys) {
    for (const j of ones) {
      const labels = resultLabels(operands, many[i]!.labels, one[j]!.labels, evaluation);
      unique?.add(labels, many[i]!.present, one[j]!.present);
      const taken = ones.length === 1 ? memory.take() : new ColumnMemory(1, grid.count).take();
      combine(operands, many[i]!, one[j]!, taken);
      if (isEmpty(taken.present)) {
        if (ones.length === 1) memory.release(taken);
        continue;
      }
      const dropName = evaluation.delayedNames && node.bool;
      result.push({ labels, dropName, ...taken });
    }
  }
}

/** Finds results that two series of the many side would share at a step. */
class UniqueMatches {
  private readonly matched = new Map<string, Uint8Array>();
  private readonly isOneToOne: boolean;
  private readonly count: number;

  constructor({ node, grid }: Operands) {
    this.isOneToOne = node.matching.cardinality === "one-to-one";
    this.count = grid.count;
  }

  add(labels: Labels, many: Uint8Array, one: Uint8Array): void {
    const key = this.isOneToOne ? "" : labels.key;
    let matched = this.matched.get(key);
    if (matched === undefined) {
      matched = new Uint8Array(this.count);
      this.matched.set(key, matched);
    }
    for (let step = 0; step < this.count; step++) {
      if (many[step] === 0 || one[step] === 0) continue;
      if (matched[step] === 1) {
        throw new EvaluationError(
          this.isOneToOne
            ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
            : "multiple matches for labels: grouping labels must ensure unique matches",
        );
      }
      matched[step] = 1;
    }
  }
}

function combine(
  { node, op, swapped, grid }: Operands,
  many: Column,
  one: Column,
  target: { values: Float64Array; present: Uint8Array },
): void {
  const [left, right] = swapped ? [one.values, many.values] : [many.values, one.values];
  const { values, present } = target;
  if (isComparison(op)) {
    const holds = COMPARISON[op];
    for (let step = 0; step < grid.count; step++) {
      if (many.present[step] === 0 || one.present[step] === 0) continue;
      const kept = holds(left[step]!, right[step]!);
      present[step] = kept || node.bool ? 1 : 0;
      values[step] = node.bool ? (kept ? 1 : 0) : left[step]!;
    }
    return;
  }
  const operate = ARITHMETIC[op];
  for (let step = 0; step < grid.count; step++) {
    if (many.present[step] === 0 || one.present[step] === 0) continue;
    values[step] = operate(left[step]!, right[step]!);
    present[step] = 1;
  }
}

function resultLabels({ node, op }: Operands, many: Labels, one: Labels, evaluation: Evaluation): Labels {
  const { matching } = node;
  let labels = isComparison(op) ? many : withoutName(many);
  if (matching.cardinality === "one-to-one") {
    const names = new Set(matching.labels);
    labels = matching.on ? only(labels, names) : without(labels, names);
  }
  if (matching.include.length > 0) {
    const map = toMap(labels);
    for (const name of matching.include) map.set(name, labelValue(one, name));
    labels = fromEntries(map);
  }
  return node.bool && !evaluation.delayedNames ? withoutName(labels) : labels;
}
