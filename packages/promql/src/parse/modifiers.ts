/** What stands behind a selector or a subquery: ranges, `offset`, `@`. */
import type { SyntaxNode } from "@lezer/common";
import type { At, Expression, MatrixSelector, Subquery, VectorSelector } from "./ast.ts";
import { numberValue } from "./number.ts";
import { children, fail, numberText, type Source, textOf } from "./tree.ts";

/** 2^63 ns, the longest duration Prometheus holds. */
const MAX_DURATION_S = 9_223_372_036;

/** Milliseconds of a range or a step; both must be longer than nothing. */
export function readDuration(source: Source, node: SyntaxNode): number {
  const parts = children(node);
  const [first] = parts;
  if (parts.length !== 1 || first!.name !== "NumberDurationLiteralInDurationContext") {
    if (first?.name !== "UnaryOp" || children(node).length !== 2 || !isLiteral(parts[1]!)) {
      return fail(source, node, "experimental duration expression is not enabled", "experimental");
    }
    fail(source, node, "duration must be greater than 0");
  }
  const ms = literalMs(source, first!);
  if (ms <= 0) fail(source, node, "duration must be greater than 0");
  return ms;
}

function isLiteral(node: SyntaxNode): boolean {
  return node.firstChild?.name === "NumberDurationLiteralInDurationContext" && node.firstChild.nextSibling === null;
}

function literalMs(source: Source, node: SyntaxNode): number {
  const seconds = numberValue(numberText(source, node))?.value;
  if (seconds === undefined || Number.isNaN(seconds))
    return fail(source, node, "bad number or duration syntax", "syntax");
  if (Math.abs(seconds) > MAX_DURATION_S) return fail(source, node, "duration out of range");
  return Math.trunc(seconds * 1000 + Math.sign(seconds) * 1e-6);
}

function readOffset(source: Source, node: SyntaxNode): number {
  const parts = children(node);
  const [first, second] = parts;
  if (first?.name === "UnaryOp" && second?.name === "OffsetDurationExpr") {
    const ms = readOffset(source, second);
    return textOf(source, first) === "-" ? -ms : ms;
  }
  if (parts.length === 1 && first!.name === "NumberDurationLiteralInDurationContext") return literalMs(source, first!);
  return fail(source, node, "experimental duration expression is not enabled", "experimental");
}

/** `offset` behind `inner`. */
export function withOffset(source: Source, node: SyntaxNode, inner: Expression): Expression {
  const offsetMs = readOffset(source, node.getChild("OffsetDurationExpr")!);
  const what = "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery";
  return changeModifiers(source, node, inner, what, (target) => {
    if (target.offsetMs !== 0) fail(source, node, "offset may not be set multiple times");
    return { ...target, offsetMs };
  });
}

/** `@` behind `inner`. */
export function withAt(source: Source, node: SyntaxNode, inner: Expression): Expression {
  const at = readAt(source, node);
  const what = "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery";
  return changeModifiers(source, node, inner, what, (target) => {
    if (target.at !== undefined) fail(source, node, "@ <timestamp> may not be set multiple times");
    return { ...target, at };
  });
}

function readAt(source: Source, node: SyntaxNode): At {
  const preprocessor = node.getChild("AtModifierPreprocessors");
  if (preprocessor !== null) return { kind: preprocessor.getChild("AtStart") !== null ? "start" : "end" };
  const literal = node.getChild("NumberDurationLiteral")!;
  const seconds = numberValue(numberText(source, literal))?.value;
  if (seconds === undefined) return fail(source, literal, "bad number or duration syntax", "syntax");
  if (!Number.isFinite(seconds) || Math.abs(seconds) >= 2 ** 63) {
    const shown = Number.isNaN(seconds) ? "NaN" : seconds > 0 ? "+Inf" : "-Inf";
    return fail(source, node, `timestamp out of bounds for @ modifier: ${Number.isFinite(seconds) ? seconds : shown}`);
  }
  return { kind: "time", ms: Math.round(seconds * 1000) };
}

type Modified = VectorSelector | Subquery;

function changeModifiers(
  source: Source,
  node: SyntaxNode,
  inner: Expression,
  otherwise: string,
  change: <T extends Modified>(target: T) => T,
): Expression {
  const span = { start: inner.span.start, end: node.to };
  if (inner.kind === "selector" || inner.kind === "subquery") return { ...change(inner), span };
  if (inner.kind === "matrix") return { ...inner, selector: change(inner.selector), span };
  return fail(source, node, otherwise);
}

export function readMatrix(source: Source, node: SyntaxNode, inner: Expression): MatrixSelector {
  const rangeMs = readDuration(source, node.getChild("DurationExpr")!);
  if (inner.kind !== "selector") return fail(source, node, "ranges only allowed for vector selectors");
  if (inner.offsetMs !== 0) fail(source, node, "no offset modifiers allowed before range");
  if (inner.at !== undefined) fail(source, node, "no @ modifiers allowed before range");
  return { kind: "matrix", selector: inner, rangeMs, span: { start: inner.span.start, end: node.to } };
}

export function readSubquery(source: Source, node: SyntaxNode, inner: Expression): Subquery {
  const [range, step] = node.getChildren("DurationExpr");
  return {
    kind: "subquery",
    inner,
    rangeMs: readDuration(source, range!),
    stepMs: step === undefined ? undefined : readDuration(source, step),
    offsetMs: 0,
    at: undefined,
    span: { start: inner.span.start, end: node.to },
  };
}

/** `anchored` and `smoothed` belong to the experimental range selectors. */
export function refuseExtendedRange(source: Source, node: SyntaxNode): never {
  const word = node.name === "AnchoredExpr" ? "anchored" : "smoothed";
  return fail(source, node, `${word} modifier is experimental and not enabled`, "experimental");
}
