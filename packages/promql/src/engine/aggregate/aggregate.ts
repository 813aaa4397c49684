/** Aggregation operators over an instant vector. */

import { formatG } from "../../format-number.ts";
import type { Aggregation } from "../../parse/ast.ts";
import { EvaluationError, NotSupportedError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { type Grouping, groupColumns } from "../groups.ts";
import { quantileOf } from "../quantile.ts";
import { type Column, type Grid, isEmpty } from "../value.ts";
import { accumulator, type SimpleOperator } from "./accumulate.ts";
import { firstColumns, topColumns } from "./top.ts";

export type AggregationInput = {
  readonly node: Aggregation;
  readonly columns: readonly Column[];
  /** The scalar parameter at each step, for operators that have one. */
  readonly param: Float64Array | undefined;
  readonly grid: Grid;
};

/** Everything but count_values. Throws EvaluationError for a parameter that is no number of series. */
export function aggregate(evaluation: Evaluation, input: AggregationInput): Column[] {
  const { node, columns } = input;
  const { op } = node;
  switch (op) {
    case "topk":
    case "bottomk":
    case "limitk": {
      const k = input.param!;
      if (!checkCount(k)) return [];
      const { groupOf, labels } = groupColumns(node, columns);
      const options = { k, groupOf, groups: labels.length };
      return op === "limitk"
        ? firstColumns(columns, options)
        : topColumns(columns, { ...options, largest: op === "topk" });
    }
    case "quantile":
      warnOfQuantiles(evaluation, node, input.param!);
      return quantiles(groupColumns(node, columns), input, input.param!);
    case "limit_ratio":
      checkRatio(input.param!);
      throw new NotSupportedError("limit_ratio() is an experimental aggregation, which is not supported");
    case "count_values":
      throw new EvaluationError("count_values() takes a label, not a number");
    default:
      return accumulated(evaluation, op, columns, input);
  }
}

function accumulated(
  evaluation: Evaluation,
  op: SimpleOperator,
  columns: readonly Column[],
  { node, grid }: AggregationInput,
): Column[] {
  const grouping = groupColumns(node, columns);
  evaluation.spend(grouping.labels.length * grid.count);
  const groups = grouping.labels.map(() => accumulator(op, grid.count));
  columns.forEach((column, i) => {
    groups[grouping.groupOf[i]!]!.add(column.values, column.present);
  });
  return groups.flatMap((group, i) => {
    if (isEmpty(group.seen)) return [];
    const values = new Float64Array(grid.count);
    group.result(values, group.seen);
    return [{ labels: grouping.labels[i]!, dropName: grouping.dropNames[i]!, values, present: group.seen }];
  });
}

const MAX_INT64 = 2 ** 63;

/** Whether any step keeps a series. */
function checkCount(k: Float64Array): boolean {
  let [least, most, hasNaN] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, false];
  for (const wanted of k) {
    hasNaN ||= Number.isNaN(wanted);
    least = Math.min(least, wanted);
    most = Math.max(most, wanted);
  }
  if (hasNaN) throw new EvaluationError("Parameter value is NaN");
  if (most < 1) return false;
  if (least <= -MAX_INT64) throw new EvaluationError(`Scalar value ${formatG(least)} underflows int64`);
  if (most >= MAX_INT64) throw new EvaluationError(`Scalar value ${formatG(most)} overflows int64`);
  return true;
}

function checkRatio(ratio: Float64Array): void {
  if (ratio.some(Number.isNaN)) throw new EvaluationError("Ratio value is NaN");
}

function warnOfQuantiles(evaluation: Evaluation, node: Aggregation, quantiles: Float64Array): void {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const quantile of quantiles) {
    if (Number.isNaN(quantile)) evaluation.annotations.invalidQuantile(quantile, node.param!.span);
    else [least, most] = [Math.min(least, quantile), Math.max(most, quantile)];
  }
  if (most > 1) evaluation.annotations.invalidQuantile(most, node.param!.span);
  if (least < 0) evaluation.annotations.invalidQuantile(least, node.param!.span);
}

function quantiles(grouping: Grouping, input: AggregationInput, quantile: Float64Array): Column[] {
  const { columns, grid } = input;
  const members: Column[][] = grouping.labels.map(() => []);
  columns.forEach((column, i) => {
    members[grouping.groupOf[i]!]!.push(column);
  });
  return members.map((group, i) => {
    const values = new Float64Array(grid.count);
    const present = new Uint8Array(grid.count);
    const scratch = new Float64Array(group.length);
    for (let step = 0; step < grid.count; step++) {
      let size = 0;
      for (const column of group) if (column.present[step] === 1) scratch[size++] = column.values[step]!;
      if (size === 0) continue;
      values[step] = quantileOf(quantile[step]!, scratch.subarray(0, size));
      present[step] = 1;
    }
    return { labels: grouping.labels[i]!, dropName: grouping.dropNames[i]!, values, present };
  });
}
