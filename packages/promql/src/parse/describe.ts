/** An expression as the JSON that Prometheus's parse_query answers with. */
import { formatG } from "../format-number.ts";
import { type At, type Binary, type Expression, type VectorSelector, valueType } from "./ast.ts";

export type Described = { readonly type: string; readonly [key: string]: unknown };

export function describeExpression(node: Expression): Described {
  switch (node.kind) {
    case "number":
      return { type: "numberLiteral", val: formatG(node.value) };
    case "string":
      return { type: "stringLiteral", val: node.value };
    case "paren":
      return { type: "parenExpr", expr: describeExpression(node.inner) };
    case "unary":
      return { type: "unaryExpr", op: node.op, expr: describeExpression(node.inner) };
    case "selector":
      return { type: "vectorSelector", ...describeSelector(node) };
    case "matrix":
      return { type: "matrixSelector", range: node.rangeMs, ...describeSelector(node.selector) };
    case "subquery":
      return {
        type: "subquery",
        expr: describeExpression(node.inner),
        range: node.rangeMs,
        offset: node.offsetMs,
        step: node.stepMs ?? 0,
        ...describeAt(node.at),
      };
    case "call": {
      const { name, args, variadic, returns } = node.signature;
      const most = Number.isFinite(variadic) ? variadic : -1;
      return {
        type: "call",
        func: { name, argTypes: args, variadic: most, returnType: returns },
        args: node.args.map(describeExpression),
      };
    }
    case "aggregation":
      return {
        type: "aggregation",
        op: node.op,
        expr: describeExpression(node.inner),
        param: node.param === undefined ? null : describeExpression(node.param),
        grouping: node.grouping,
        without: node.without,
      };
    case "binary":
      return {
        type: "binaryExpr",
        op: node.op,
        lhs: describeExpression(node.left),
        rhs: describeExpression(node.right),
        matching: describeMatching(node),
        bool: node.bool,
      };
  }
}

/** Null where an operand is a scalar and nothing is matched. */
function describeMatching({ left, right, matching }: Binary) {
  if (valueType(left) !== "vector" || valueType(right) !== "vector") return null;
  const { cardinality, labels, on, include } = matching;
  return { card: cardinality, labels, on, include };
}

function describeSelector({ name, matchers, offsetMs, at }: VectorSelector) {
  return {
    name: name ?? "",
    offset: offsetMs,
    matchers: matchers.map((matcher) => ({ name: matcher.name, value: matcher.value, type: matcher.op })),
    ...describeAt(at),
  };
}

function describeAt(at: At | undefined) {
  return {
    timestamp: at?.kind === "time" ? at.ms : null,
    startOrEnd: at === undefined || at.kind === "time" ? null : at.kind,
  };
}
