/** What the grammar lets pass and types do not. Messages are Prometheus's. */
import { matches } from "../matcher.ts";
import {
  type Aggregation,
  type Binary,
  type Call,
  type Expression,
  isComparison,
  isSetOperator,
  type Span,
  type ValueType,
  type VectorSelector,
  valueType,
} from "./ast.ts";
import { ParseError } from "./parse-error.ts";
import { quoted } from "./string.ts";

const DOCUMENTED: Readonly<Record<ValueType, string>> = {
  scalar: "scalar",
  string: "string",
  vector: "instant vector",
  matrix: "range vector",
};

/** Throws ParseError `type` at the first expression that cannot mean anything. */
export function checkTypes(query: string, root: Expression): void {
  const fail = (span: Span, reason: string): never => {
    throw new ParseError("type", query, span, reason);
  };
  const visit = (node: Expression): void => {
    switch (node.kind) {
      case "aggregation":
        if (node.param !== undefined) visit(node.param);
        visit(node.inner);
        checkAggregation(node, fail);
        break;
      case "binary":
        visit(node.left);
        visit(node.right);
        checkBinary(query, node, fail);
        break;
      case "call":
        for (const arg of node.args) visit(arg);
        checkCall(node, fail);
        break;
      case "paren":
        visit(node.inner);
        break;
      case "unary":
        visit(node.inner);
        checkUnary(node.inner, node.span, fail);
        break;
      case "subquery":
        visit(node.inner);
        if (valueType(node.inner) !== "vector") {
          fail(node.span, `subquery is only allowed on instant vector, got ${valueType(node.inner)} instead`);
        }
        break;
      case "matrix":
        checkSelector(node.selector, fail);
        break;
      case "selector":
        checkSelector(node, fail);
        break;
      case "number":
      case "string":
        break;
    }
  };
  visit(root);
}

type Fail = (span: Span, reason: string) => never;

function expectType(node: Expression, wanted: ValueType, context: string, fail: Fail): void {
  const found = valueType(node);
  if (found !== wanted) fail(node.span, `expected type ${DOCUMENTED[wanted]} in ${context}, got ${DOCUMENTED[found]}`);
}

function checkAggregation(node: Aggregation, fail: Fail): void {
  expectType(node.inner, "vector", "aggregation expression", fail);
  if (node.param === undefined) return;
  expectType(node.param, node.op === "count_values" ? "string" : "scalar", "aggregation parameter", fail);
}

function checkUnary(inner: Expression, span: Span, fail: Fail): void {
  const found = valueType(inner);
  if (found === "scalar" || found === "vector") return;
  const rule = "unary expression only allowed on expressions of type scalar or instant vector";
  fail(span, `${rule}, got ${quoted(DOCUMENTED[found])}`);
}

function checkBinary(query: string, node: Binary, fail: Fail): void {
  const { left, right, op, matching } = node;
  const [leftType, rightType] = [valueType(left), valueType(right)];
  const operator = operatorSpan(query, node);
  if (node.bool && !isComparison(op)) fail(operator, "bool modifier can only be used on comparison operators");
  if (isComparison(op) && !node.bool && leftType === "scalar" && rightType === "scalar") {
    fail(operator, "comparisons between scalars must use BOOL modifier");
  }
  const both = matching.on ? matching.labels.find((label) => matching.include.includes(label)) : undefined;
  if (both !== undefined) fail(operator, `label ${quoted(both)} must not occur in ON and GROUP clause at once`);
  for (const [side, type] of [
    [left, leftType],
    [right, rightType],
  ] as const) {
    if (type !== "scalar" && type !== "vector") {
      fail(side.span, "binary expression must contain only scalar and instant vector types");
    }
  }
  const vectors = leftType === "vector" && rightType === "vector";
  if (!vectors && matching.labels.length > 0) {
    fail(node.span, "vector matching only allowed between instant vectors");
  }
  if (!vectors && isSetOperator(op)) {
    fail(node.span, `set operator ${quoted(op)} not allowed in binary scalar expression`);
  }
  if (isSetOperator(op) && matching.cardinality !== "many-to-many") {
    fail(node.span, `no grouping allowed for ${quoted(op)} operation`);
  }
}

function operatorSpan(query: string, node: Binary): Span {
  let start = node.left.span.end;
  while (/\s/.test(query[start] ?? "x")) start++;
  return { start, end: node.right.span.start };
}

function checkCall(node: Call, fail: Fail): void {
  const { name, args, variadic } = node.signature;
  const found = node.args.length;
  if (variadic === 0 && found !== args.length) {
    fail(node.span, `expected ${args.length} argument(s) in call to ${quoted(name)}, got ${found}`);
  }
  if (variadic !== 0) {
    const least = args.length - 1;
    const most = least + variadic;
    if (found < least)
      fail(node.span, `expected at least ${least} argument(s) in call to ${quoted(name)}, got ${found}`);
    if (found > most) fail(node.span, `expected at most ${most} argument(s) in call to ${quoted(name)}, got ${found}`);
  }
  node.args.forEach((arg, i) => {
    expectType(arg, args[Math.min(i, args.length - 1)]!, `call to function ${quoted(name)}`, fail);
  });
}

function checkSelector(node: VectorSelector, fail: Fail): void {
  if (node.name !== undefined) return;
  const narrows = node.matchers.some((matcher) => !matches(matcher, undefined));
  if (!narrows) fail(node.span, "vector selector must contain at least one non-empty matcher");
}
