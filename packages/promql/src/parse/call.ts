/** Calls of functions and aggregations. */
import type { SyntaxNode } from "@lezer/common";
import type { Aggregation, AggregationOperator, Call, Expression } from "./ast.ts";
import { groupingLabels } from "./binary.ts";
import { functionSignature } from "./functions.ts";
import { quoted } from "./string.ts";
import { fail, requireExperimental, type Source, textOf } from "./tree.ts";

const WITH_PARAM: ReadonlySet<AggregationOperator> = new Set([
  "bottomk",
  "count_values",
  "limit_ratio",
  "limitk",
  "quantile",
  "topk",
]);
const EXPERIMENTAL: ReadonlySet<AggregationOperator> = new Set(["limitk", "limit_ratio"]);

export function readCall(source: Source, node: SyntaxNode, args: readonly Expression[]): Call {
  const identifier = node.getChild("FunctionIdentifier")!;
  const name = textOf(source, identifier);
  const signature = functionSignature(name);
  if (signature === undefined) return fail(source, identifier, `unknown function with name ${quoted(name)}`);
  const disabled = `function ${quoted(name)} is not enabled`;
  if (signature.experimental === "missing") fail(source, identifier, disabled, "experimental");
  if (signature.experimental === "written") requireExperimental(source, identifier, disabled);
  return { kind: "call", signature, args, span: { start: node.from, end: node.to } };
}

export function readAggregation(source: Source, node: SyntaxNode, args: readonly Expression[]): Aggregation {
  const op = textOf(source, node.getChild("AggregateOp")!).toLowerCase() as AggregationOperator;
  const modifier = node.getChild("AggregateModifier");
  if (args.length === 0) fail(source, node, "no arguments for aggregate expression provided");
  if (EXPERIMENTAL.has(op)) {
    const flag = "must be enabled with --enable-feature=promql-experimental-functions";
    requireExperimental(source, node, `${op}() is experimental and ${flag}`);
  }
  const wanted = WITH_PARAM.has(op) ? 2 : 1;
  if (args.length !== wanted) {
    const found = `expected ${wanted}, got ${args.length}`;
    fail(source, node, `wrong number of arguments for aggregate expression provided, ${found}`);
  }
  return {
    kind: "aggregation",
    op,
    grouping: modifier === null ? [] : groupingLabels(source, modifier.getChild("GroupingLabels")!),
    without: modifier !== null && modifier.getChild("Without") !== null,
    param: wanted === 2 ? args[0] : undefined,
    inner: args.at(-1)!,
    span: { start: node.from, end: node.to },
  };
}
