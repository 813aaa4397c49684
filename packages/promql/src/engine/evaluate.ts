/** Evaluates an expression at every step of a grid at once, column by column. */
import { type Aggregation, type Binary, type Expression, isSetOperator, type Unary, unwrapped } from "../parse/ast.ts";
import { aggregate } from "./aggregate/aggregate.ts";
import { countValues } from "./aggregate/count-values.ts";
import { applySet } from "./binary/set-operators.ts";
import { scalarWithScalar, vectorWithScalar } from "./binary/with-scalar.ts";
import { vectorWithVector } from "./binary/with-vector.ts";
import type { Evaluation } from "./evaluation.ts";
import { callFunction } from "./functions/call.ts";
import { renamed } from "./naming.ts";
import { selectInstant } from "./select.ts";
import { isStepInvariant } from "./step-invariant.ts";
import { type Column, type Grid, mergeSameLabels, type Value, type VectorValue, vector } from "./value.ts";

/** Throws EvaluationError, NotSupportedError, and what `evaluation.spend` throws. */
export function evaluate(evaluation: Evaluation, node: Expression, grid: Grid): Value {
  if (grid.count > 1 && node.kind !== "number" && node.kind !== "string" && isStepInvariant(node)) {
    return spread(evaluateNode(evaluation, node, { ...grid, count: 1 }), grid.count);
  }
  return evaluateNode(evaluation, node, grid);
}

function evaluateNode(evaluation: Evaluation, node: Expression, grid: Grid): Value {
  switch (node.kind) {
    case "number":
      return { kind: "scalar", values: new Float64Array(grid.count).fill(node.value) };
    case "string":
      return { kind: "string", value: node.value };
    case "selector":
      return selectInstant(evaluation, node, grid);
    case "paren":
      return evaluate(evaluation, node.inner, grid);
    case "unary":
      return negate(evaluation, node, grid);
    case "binary":
      return combine(evaluation, node, grid);
    case "aggregation":
      return aggregation(evaluation, node, grid);
    case "call":
      return callFunction({ evaluation, node, grid, evaluate: (inner, steps) => evaluate(evaluation, inner, steps) });
    case "matrix":
    case "subquery":
      throw new TypeError(`a ${node.kind} stands where the type check allows none`);
  }
}

/** One step's value at all of them. */
function spread(value: Value, count: number): Value {
  if (value.kind === "string") return value;
  if (value.kind === "scalar") return { kind: "scalar", values: new Float64Array(count).fill(value.values[0]!) };
  const present = new Uint8Array(count).fill(1);
  return vector(
    value.columns.map((column) => ({ ...column, values: new Float64Array(count).fill(column.values[0]!), present })),
  );
}

function negate(evaluation: Evaluation, node: Unary, grid: Grid): Value {
  const value = evaluate(evaluation, node.inner, grid);
  if (node.op === "+" || value.kind === "string") return value;
  if (value.kind === "scalar") return { kind: "scalar", values: value.values.map((one) => -one) };
  evaluation.spend(value.columns.length * grid.count);
  const negated = value.columns.map((column) =>
    renamed(
      evaluation,
      column,
      column.values.map((one) => -one),
    ),
  );
  return vector(evaluation.delayedNames ? negated : mergeSameLabels(negated));
}

function combine(evaluation: Evaluation, node: Binary, grid: Grid): Value {
  const left = evaluate(evaluation, node.left, grid);
  const right = evaluate(evaluation, node.right, grid);
  if (left.kind === "string" || right.kind === "string") throw new TypeError("a string passed the type check");
  if (left.kind === "scalar" && right.kind === "scalar") {
    return { kind: "scalar", values: scalarWithScalar(node, left.values, right.values) };
  }
  if (right.kind === "scalar") {
    return vector(vectorWithScalar(evaluation, node, (left as VectorValue).columns, right.values, false));
  }
  if (left.kind === "scalar") return vector(vectorWithScalar(evaluation, node, right.columns, left.values, true));
  if (isSetOperator(node.op)) return vector(applySet(node.op, node.matching, left.columns, right.columns, grid));
  return vector(vectorWithVector(evaluation, node, left.columns, right.columns, grid));
}

function aggregation(evaluation: Evaluation, node: Aggregation, grid: Grid): Value {
  const param = node.param === undefined ? undefined : evaluate(evaluation, unwrapped(node.param), grid);
  const columns = columnsOf(evaluate(evaluation, node.inner, grid));
  if (param?.kind === "string") return vector(countValues(node, param.value, columns, grid));
  const numbers = param?.kind === "scalar" ? param.values : undefined;
  return vector(aggregate(evaluation, { node, columns, param: numbers, grid }));
}

function columnsOf(value: Value): readonly Column[] {
  if (value.kind !== "vector") throw new TypeError(`a ${value.kind} passed the type check as a vector`);
  return value.columns;
}
