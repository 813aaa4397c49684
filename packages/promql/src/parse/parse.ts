/** From the text of a query to its syntax tree. */
import type { SyntaxNode, Tree } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import type { Expression, NumberLiteral } from "./ast.ts";
import { readAggregation, readCall } from "./call.ts";
import { refuseExtendedRange } from "./modifiers.ts";
import { numberValue, withPlainNumbers } from "./number.ts";
import { isOperation, readOperation } from "./operators.ts";
import { ParseError } from "./parse-error.ts";
import { readSelector, stringLiteral } from "./selector.ts";
import { refuseErrors } from "./syntax-error.ts";
import { children, fail, numberText, type Source, textOf } from "./tree.ts";
import { checkTypes } from "./type-check.ts";

/** No question of a person or a dashboard is longer, and parsing takes time in its length. */
export const MAX_QUERY_LENGTH = 64 * 1024;
/** Deeper than any query a person writes, and far from what the stack holds. */
const MAX_DEPTH = 500;

export type ParseOptions = {
  /** Takes Prometheus's experimental functions and aggregations instead of refusing them; by default false. */
  readonly experimental?: boolean;
};

/** Throws ParseError: `syntax`, `type` or `experimental`, with the place. */
export function parseExpression(query: string, options: ParseOptions = {}): Expression {
  if (query.length > MAX_QUERY_LENGTH) {
    const reason = `found ${query.length} characters, expected at most ${MAX_QUERY_LENGTH}`;
    throw new ParseError("syntax", query, { start: 0, end: query.length }, reason);
  }
  const plain = withPlainNumbers(query);
  const source: Source = { query, plain, experimental: options.experimental ?? false, depth: 0 };
  const tree = parseTree(source);
  refuseErrors(source, tree);
  const root = tree.topNode.firstChild;
  if (root === null) return fail(source, { from: 0, to: 0 }, "no expression found in input", "syntax");
  const expression = read(source, root);
  checkTypes(query, expression);
  return expression;
}

/** The grammar's parser builds its tree by recursion. */
function parseTree(source: Source): Tree {
  try {
    return parser.parse(source.plain);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return fail(source, { from: 0, to: 0 }, `found expressions nested deeper than ${MAX_DEPTH}`, "syntax");
  }
}

function read(source: Source, node: SyntaxNode): Expression {
  if (++source.depth > MAX_DEPTH) {
    fail(source, node, `found expressions nested deeper than ${MAX_DEPTH}`, "syntax");
  }
  const expression = readNode(source, node);
  source.depth--;
  return expression;
}

function readNode(source: Source, node: SyntaxNode): Expression {
  if (isOperation(node)) {
    return readOperation(source, node, (operand) =>
      operand.name === "NumberDurationLiteral" ? readMagnitude(source, operand) : read(source, operand),
    );
  }
  const span = { start: node.from, end: node.to };
  switch (node.name) {
    case "NumberDurationLiteral":
      return readNumber(source, node);
    case "StringLiteral":
      return { kind: "string", value: stringLiteral(source, node), span };
    case "VectorSelector":
      return readSelector(source, node);
    case "ParenExpr":
      return { kind: "paren", inner: read(source, node.firstChild!), span };
    case "FunctionCall":
      return readCall(source, node, readArguments(source, node));
    case "AggregateExpr":
      return readAggregation(source, node, readArguments(source, node));
    case "AnchoredExpr":
    case "SmoothedExpr":
      return refuseExtendedRange(source, node);
    default:
      return fail(source, node, `unexpected ${node.name}`, "syntax");
  }
}

function readArguments(source: Source, node: SyntaxNode): Expression[] {
  return children(node.getChild("FunctionCallBody")!).map((arg) => read(source, arg));
}

function readNumber(source: Source, node: SyntaxNode): NumberLiteral {
  const number = readMagnitude(source, node);
  return textOf(source, node).startsWith("-") ? { ...number, value: -number.value } : number;
}

function readMagnitude(source: Source, node: SyntaxNode): NumberLiteral {
  const number = numberValue(numberText(source, node).replace(/^[+-]\s*/, ""));
  if (number === undefined) return fail(source, node, "bad number or duration syntax", "syntax");
  return { kind: "number", ...number, span: { start: node.from, end: node.to } };
}
