/** Label matchers and the selector made of them. */
import type { SyntaxNode } from "@lezer/common";
import { METRIC_NAME } from "@lockstep/schemas/domain/labels";
import { type Matcher, type MatchOperator, patternFault } from "../matcher.ts";
import type { VectorSelector } from "./ast.ts";
import { quoted, stringValue } from "./string.ts";
import { children, fail, type Source, textOf } from "./tree.ts";

/** A selector of more would take longer to check than to answer. */
const MAX_MATCHERS = 200;

export function stringLiteral(source: Source, node: SyntaxNode): string {
  const read = stringValue(textOf(source, node));
  if ("value" in read) return read.value;
  return fail(source, node, read.fault, "syntax");
}

export function readSelector(source: Source, node: SyntaxNode): VectorSelector {
  const span = { start: node.from, end: node.to };
  const matchers: Matcher[] = [];
  let name: string | undefined;
  let quotedName: string | undefined;
  for (const part of children(node)) {
    if (part.name === "Identifier") name = textOf(source, part);
    if (part.name !== "LabelMatchers") continue;
    for (const item of children(part)) {
      const matcher = readItem(source, item);
      if (item.name === "QuotedLabelName") {
        const earlier = name ?? quotedName;
        if (earlier !== undefined) failTwice(source, node, earlier, matcher.value);
        quotedName = matcher.value;
      }
      matchers.push(matcher);
    }
  }
  if (matchers.length > MAX_MATCHERS) {
    fail(source, node, `found ${matchers.length} matchers in one selector, expected at most ${MAX_MATCHERS}`);
  }
  const fixed = name ?? quotedName;
  if (fixed !== undefined) {
    const second = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.value !== quotedName);
    if (second !== undefined) failTwice(source, node, fixed, second.value);
  }
  if (name !== undefined) matchers.push({ name: METRIC_NAME, op: "=", value: name });
  return { kind: "selector", name, matchers, offsetMs: 0, at: undefined, span };
}

function failTwice(source: Source, node: SyntaxNode, first: string, second: string): never {
  return fail(source, node, `metric name must not be set twice: ${quoted(first)} or ${quoted(second)}`);
}

function readItem(source: Source, item: SyntaxNode): Matcher {
  if (item.name === "QuotedLabelName") {
    return { name: METRIC_NAME, op: "=", value: stringLiteral(source, item.firstChild!) };
  }
  const [label, op, value] = children(item);
  const name = label!.name === "QuotedLabelName" ? stringLiteral(source, label!.firstChild!) : textOf(source, label!);
  const matcher: Matcher = {
    name,
    op: textOf(source, op!) as MatchOperator,
    value: stringLiteral(source, value!),
  };
  const fault = patternFault(matcher);
  if (fault !== undefined) fail(source, item, fault, "syntax");
  return matcher;
}
