/** The few things this package asks of a lezer tree. */
import type { SyntaxNode } from "@lezer/common";
import { ParseError, type ParseErrorCode } from "./parse-error.ts";

/** A query while its tree becomes an expression. */
export type Source = {
  readonly query: string;
  /** The query with its numbers in the grammar's forms, character for character at the same places. */
  readonly plain: string;
  /** Prometheus's experimental functions, aggregations and modifiers are taken rather than refused. */
  readonly experimental: boolean;
  depth: number;
};

export function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) found.push(child);
  return found;
}

export function textOf(source: Source, node: { from: number; to: number }): string {
  return source.query.slice(node.from, node.to);
}

export function numberText(source: Source, node: { from: number; to: number }): string {
  return source.plain.slice(node.from, node.to).trim();
}

export function fail(
  source: Source,
  at: { from: number; to: number },
  reason: string,
  code: ParseErrorCode = "type",
): never {
  throw new ParseError(code, source.query, { start: at.from, end: at.to }, reason);
}

/** Throws ParseError `experimental` unless the source takes such things. */
export function requireExperimental(source: Source, at: { from: number; to: number }, reason: string): void {
  if (!source.experimental) fail(source, at, reason, "experimental");
}
