/** From the first place where a tree does not fit the grammar to an error that says what stands there. */
import type { SyntaxNode, Tree } from "@lezer/common";
import { functionSignature } from "./functions.ts";
import { quoted, stringValue } from "./string.ts";
import { fail, type Source, textOf } from "./tree.ts";

/** Throws ParseError where the tree holds an error node. */
export function refuseErrors(source: Source, tree: Tree): void {
  let found: SyntaxNode | undefined;
  tree.iterate({
    enter: (node) => {
      if (found !== undefined) return false;
      if (node.type.isError) found = node.node;
      if (node.name === "StringLiteral") refuseString(source, node);
      return found === undefined;
    },
  });
  if (found !== undefined) explain(source, found);
}

/** The grammar takes a string without its closing quote for one. */
function refuseString(source: Source, node: { from: number; to: number }): void {
  const read = stringValue(textOf(source, node));
  if ("fault" in read) fail(source, node, read.fault, "syntax");
}

const EXPECTED: Readonly<Record<string, string>> = {
  LabelMatchers: 'label name, "," or "}"',
  UnquotedLabelMatcher: "label matching operator or string",
  QuotedLabelMatcher: "label matching operator or string",
  FunctionCallBody: 'expression, "," or ")"',
  GroupingLabels: 'label name, "," or ")"',
  AggregateExpr: 'grouping labels or "("',
  MatrixSelector: "duration",
  SubqueryExpr: "duration",
  OffsetExpr: "duration",
  StepInvariantExpr: "timestamp, start() or end()",
  BinaryExpr: "expression",
  UnaryExpr: "expression",
  ParenExpr: 'expression or ")"',
  PromQL: "operator or the end of the query",
};

function explain(source: Source, node: SyntaxNode): never {
  const at = nextToken(source.query, node.from);
  if (source.query.trim() === "") return fail(source, { from: 0, to: 0 }, "no expression found in input", "syntax");
  if (at.text.startsWith("(")) refuseCall(source, at.from);
  if (/^fill(?:_left|_right)?$/i.test(at.text)) {
    fail(source, at, "binop fill modifiers are experimental and not enabled", "experimental");
  }
  const name = node.parent?.name ?? "PromQL";
  const context = name === "PromQL" ? "" : ` in ${CONTEXT[name] ?? "expression"}`;
  const expected = EXPECTED[name];
  const found = at.text === "" ? "end of input" : described(at.text);
  const wanted = expected === undefined ? "" : `, expected ${expected}`;
  return fail(source, at, `unexpected ${found}${context}${wanted}`, "syntax");
}

const CONTEXT: Readonly<Record<string, string>> = {
  LabelMatchers: "label matching",
  UnquotedLabelMatcher: "label matching",
  QuotedLabelMatcher: "label matching",
  FunctionCallBody: "call arguments",
  GroupingLabels: "grouping opts",
  AggregateExpr: "aggregation",
  MatrixSelector: "range",
  SubqueryExpr: "subquery",
  OffsetExpr: "offset",
  StepInvariantExpr: "@",
  BinaryExpr: "binary expression",
  UnaryExpr: "unary expression",
  ParenExpr: "parenthesized expression",
};

function described(token: string): string {
  if (/^["'`]/.test(token)) return `string ${token}`;
  if (/^[a-zA-Z_:]/.test(token)) return `identifier ${quoted(token)}`;
  if (/^[0-9.]/.test(token)) return `number ${quoted(token)}`;
  return quoted(token);
}

function nextToken(query: string, position: number): { from: number; to: number; text: string } {
  const pattern = /(?:\s|#[^\n]*)*(\w[\w:.]*|"[^"\n]*"?|'[^'\n]*'?|`[^`]*`?|[=!<>]=|=~|!~|.|$)/suy;
  pattern.lastIndex = position;
  const text = pattern.exec(query)?.[1] ?? "";
  return { from: pattern.lastIndex - text.length, to: pattern.lastIndex, text };
}

/** A name before a bracket is meant as a function. */
function refuseCall(source: Source, bracket: number): void {
  const name = /([a-zA-Z_:][\w:]*)\s*$/.exec(source.query.slice(0, bracket));
  if (name === null) return;
  const span = { from: name.index, to: name.index + name[1]!.length };
  const signature = functionSignature(name[1]!);
  if (signature !== undefined && signature.experimental !== false) {
    fail(source, span, `function ${quoted(name[1]!)} is not enabled`, "experimental");
  }
  if (signature === undefined) fail(source, span, `unknown function with name ${quoted(name[1]!)}`);
}
