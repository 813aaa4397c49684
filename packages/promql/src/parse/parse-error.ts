/**
 * Why a text is no query that can be evaluated: `syntax` is no PromQL, `type` is PromQL that cannot mean anything,
 * `experimental` is PromQL that Prometheus only takes behind a feature flag.
 */
import type { Span } from "./ast.ts";

export type ParseErrorCode = "syntax" | "type" | "experimental";

export class ParseError extends Error {
  readonly code: ParseErrorCode;
  readonly retriable = false;
  readonly span: Span;
  /** The message without its place. */
  readonly reason: string;
  constructor(code: ParseErrorCode, query: string, span: Span, reason: string) {
    super(`${place(query, span.start)}: parse error: ${reason}`);
    this.name = "ParseError";
    this.code = code;
    this.span = span;
    this.reason = reason;
  }
}

/** "2:7" as Prometheus writes it: line and byte within the line, both from 1. */
export function place(query: string, position: number): string {
  const before = query.slice(0, position);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return `${line}:${Buffer.byteLength(before.slice(lineStart), "utf8") + 1}`;
}
