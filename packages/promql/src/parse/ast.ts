/** The syntax tree of PromQL, after the parser has resolved modifiers, escapes and durations. */
import type { Matcher } from "../matcher.ts";
import type { FunctionSignature } from "./functions.ts";

/** Half-open, in UTF-16 code units of the query. */
export type Span = { readonly start: number; readonly end: number };

export type ValueType = "scalar" | "vector" | "matrix" | "string";

/** What `@` pins an evaluation to: Unix milliseconds, or an end of the query's range. */
export type At = { readonly kind: "time"; readonly ms: number } | { readonly kind: "start" } | { readonly kind: "end" };

export type NumberLiteral = {
  readonly kind: "number";
  readonly value: number;
  /** Written as a duration; the value is its seconds. */
  readonly isDuration: boolean;
  readonly span: Span;
};

/** Bytes that are no UTF-8 stand in `value` as lone surrogates U+DC80..U+DCFF. */
export type StringLiteral = { readonly kind: "string"; readonly value: string; readonly span: Span };

export type VectorSelector = {
  readonly kind: "selector";
  /** The metric name where it stands before the braces. */
  readonly name: string | undefined;
  /** All of them, the metric name's included. */
  readonly matchers: readonly Matcher[];
  readonly offsetMs: number;
  readonly at: At | undefined;
  readonly span: Span;
};

/** Offset and `@` of a range selector are those of its selector. */
export type MatrixSelector = {
  readonly kind: "matrix";
  readonly selector: VectorSelector;
  readonly rangeMs: number;
  readonly span: Span;
};

export type Subquery = {
  readonly kind: "subquery";
  readonly inner: Expression;
  readonly rangeMs: number;
  /** Undefined takes the evaluation's default step. */
  readonly stepMs: number | undefined;
  readonly offsetMs: number;
  readonly at: At | undefined;
  readonly span: Span;
};

export type Call = {
  readonly kind: "call";
  readonly signature: FunctionSignature;
  readonly args: readonly Expression[];
  readonly span: Span;
};

export type AggregationOperator =
  | "avg"
  | "bottomk"
  | "count"
  | "count_values"
  | "group"
  | "limit_ratio"
  | "limitk"
  | "max"
  | "min"
  | "quantile"
  | "stddev"
  | "stdvar"
  | "sum"
  | "topk";

export type Aggregation = {
  readonly kind: "aggregation";
  readonly op: AggregationOperator;
  readonly grouping: readonly string[];
  readonly without: boolean;
  readonly param: Expression | undefined;
  readonly inner: Expression;
  readonly span: Span;
};

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "^" | "atan2";
export type ComparisonOperator = "==" | "!=" | ">" | "<" | ">=" | "<=";
export type SetOperator = "and" | "or" | "unless";
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | SetOperator;

export type Cardinality = "one-to-one" | "many-to-one" | "one-to-many" | "many-to-many";

export type VectorMatching = {
  readonly cardinality: Cardinality;
  /** `on(...)` rather than `ignoring(...)`. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Labels `group_left(...)` or `group_right(...)` take over from the one side. */
  readonly include: readonly string[];
};

export type Binary = {
  readonly kind: "binary";
  readonly op: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly bool: boolean;
  readonly matching: VectorMatching;
  readonly span: Span;
};

export type Unary = { readonly kind: "unary"; readonly op: "+" | "-"; readonly inner: Expression; readonly span: Span };

export type Paren = { readonly kind: "paren"; readonly inner: Expression; readonly span: Span };

export type Expression =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | Binary
  | Unary
  | Paren;

export function valueType(expression: Expression): ValueType {
  switch (expression.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "selector":
    case "aggregation":
      return "vector";
    case "matrix":
    case "subquery":
      return "matrix";
    case "call":
      return expression.signature.returns;
    case "binary":
      return valueType(expression.left) === "scalar" && valueType(expression.right) === "scalar" ? "scalar" : "vector";
    case "unary":
    case "paren":
      return valueType(expression.inner);
  }
}

/** The expression within any brackets around it. */
export function unwrapped(expression: Expression): Expression {
  let inner = expression;
  while (inner.kind === "paren") inner = inner.inner;
  return inner;
}

const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", ">", "<", ">=", "<="]);
const SETS: ReadonlySet<string> = new Set(["and", "or", "unless"]);

export function isComparison(op: BinaryOperator): op is ComparisonOperator {
  return COMPARISONS.has(op);
}

export function isSetOperator(op: BinaryOperator): op is SetOperator {
  return SETS.has(op);
}
