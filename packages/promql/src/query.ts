/**
 * A query as far as it is evaluated: a selector, or one with a range behind it. Any other PromQL is recognised by its
 * grammar, so that what is merely not evaluated is told apart from what is no PromQL at all:
 *
 *     expr    = unary { binary [ "bool" ] [ ("on"|"ignoring") names [ ("group_left"|"group_right") [ names ] ] ] unary }
 *     unary   = { "+" | "-" } postfix
 *     postfix = primary { "[" duration [ ":" [ duration ] ] "]" | "offset" duration | "@" moment }
 *     primary = number | string | "(" expr ")" | call | selector
 *     call    = name [ ("by"|"without") names ] "(" [ expr { "," expr } ] ")" [ ("by"|"without") names ]
 */
import { parseDuration } from "@lockstep/schemas/api/prometheus-time";
import { QueryError } from "./query-error.ts";
import { readSelector, type Selector } from "./selector.ts";
import { describeToken, type TokenCursor, tokenCursor } from "./token-cursor.ts";

export type ParsedQuery =
  | { readonly kind: "vector"; readonly selector: Selector }
  | { readonly kind: "matrix"; readonly selector: Selector; readonly rangeMs: number };

/** What an expression is, as far as this needs to tell; `what` names the construct that is not evaluated. */
type Expression = ParsedQuery | { readonly kind: "other"; readonly what: string; readonly start: number };

/** Deeper than any query a person writes, and far from what the stack holds. */
const MAX_DEPTH = 100;
const BINARY = /^(?:[-+*/%^]|==|!=|>=|<=|>|<)$/;
const BINARY_WORD = /^(?:and|or|unless|atan2)$/i;
const MATCHING = /^(?:on|ignoring)$/i;
const GROUPING = /^(?:group_left|group_right)$/i;
const BY = /^(?:by|without)$/i;

/** Throws QueryError: `syntax` with the place, or `unsupported` with what is not evaluated. */
export function parseQuery(query: string): ParsedQuery {
  const cursor = tokenCursor(query);
  if (cursor.peek().kind === "end") throw new QueryError("syntax", "found no expression in the query, expected one", 0);
  const expression = readExpression(cursor, 0);
  cursor.expectEnd("an operator or the end of the query");
  if (expression.kind !== "other") return expression;
  throw new QueryError(
    "unsupported",
    `${expression.what} is not supported yet: a query here is a plain selector such as up{job="dcgm"}, or one with a range such as up[5m]`,
    expression.start,
  );
}

function readExpression(cursor: TokenCursor, depth: number): Expression {
  let left = readUnary(cursor, depth);
  for (;;) {
    const operator = cursor.peek();
    const isBinary =
      (operator.kind === "symbol" && BINARY.test(operator.text)) ||
      (operator.kind === "name" && BINARY_WORD.test(operator.text));
    if (!isBinary) return left;
    cursor.next();
    readVectorMatching(cursor);
    readUnary(cursor, depth);
    left = { kind: "other", what: `the operator ${operator.text}`, start: operator.start };
  }
}

function readVectorMatching(cursor: TokenCursor): void {
  takeWord(cursor, /^bool$/i);
  if (!takeWord(cursor, MATCHING)) return;
  readNames(cursor);
  if (takeWord(cursor, GROUPING) && cursor.peek().text === "(") readNames(cursor);
}

function takeWord(cursor: TokenCursor, words: RegExp): boolean {
  const found = cursor.peek().kind === "name" && words.test(cursor.peek().text);
  if (found) cursor.next();
  return found;
}

function readNames(cursor: TokenCursor): void {
  cursor.expect("(", "( and label names");
  while (!cursor.take(")")) {
    const name = cursor.next();
    if (name.kind !== "name" && name.kind !== "string") {
      throw new QueryError("syntax", `found ${describeToken(name)}, expected a label name or )`, name.start);
    }
    if (!cursor.take(",")) {
      cursor.expect(")", "a comma or )");
      return;
    }
  }
}

function readUnary(cursor: TokenCursor, depth: number): Expression {
  const sign = cursor.peek();
  let signed = false;
  while (cursor.take("-") || cursor.take("+")) signed = true;
  const inner = readPostfix(cursor, depth);
  return signed ? { kind: "other", what: `the sign ${sign.text}`, start: sign.start } : inner;
}

function readPostfix(cursor: TokenCursor, depth: number): Expression {
  let inner = readPrimary(cursor, depth);
  for (;;) {
    const at = cursor.peek();
    if (at.kind === "symbol" && at.text === "[") inner = readRange(cursor, inner);
    else if (at.kind === "symbol" && at.text === "@") inner = readAtModifier(cursor);
    else if (at.kind === "name" && /^offset$/i.test(at.text)) inner = readOffset(cursor);
    else return inner;
  }
}

function readDuration(cursor: TokenCursor): number {
  const token = cursor.next();
  const seconds = token.kind === "number" ? Number(token.text.replaceAll("_", "")) : Number.NaN;
  const ms = token.kind === "duration" ? parseDuration(token.text) : Math.round(seconds * 1000);
  if (ms === undefined || !Number.isFinite(ms)) {
    throw new QueryError("syntax", `found ${describeToken(token)}, expected a duration such as 5m`, token.start);
  }
  return ms;
}

function readRange(cursor: TokenCursor, inner: Expression): Expression {
  const open = cursor.next();
  const duration = cursor.peek();
  const rangeMs = readDuration(cursor);
  if (rangeMs <= 0) throw new QueryError("syntax", "found a range of 0, expected a longer one", duration.start);
  const isSubquery = cursor.take(":");
  if (isSubquery && cursor.peek().text !== "]") readDuration(cursor);
  cursor.expect("]", "]");
  if (isSubquery) return { kind: "other", what: "a subquery", start: open.start };
  if (inner.kind === "vector") return { kind: "matrix", selector: inner.selector, rangeMs };
  throw new QueryError("syntax", "found a range behind an expression, expected it right behind a selector", open.start);
}

function readAtModifier(cursor: TokenCursor): Expression {
  const at = cursor.next();
  while (cursor.take("-") || cursor.take("+"));
  const moment = cursor.next();
  if (moment.kind === "name" && /^(?:start|end)$/i.test(moment.text)) {
    cursor.expect("(", "(");
    cursor.expect(")", ")");
  } else if (moment.kind !== "number") {
    throw new QueryError(
      "syntax",
      `found ${describeToken(moment)}, expected a Unix time, start() or end()`,
      moment.start,
    );
  }
  return { kind: "other", what: "@", start: at.start };
}

function readOffset(cursor: TokenCursor): Expression {
  const word = cursor.next();
  while (cursor.take("-") || cursor.take("+"));
  readDuration(cursor);
  return { kind: "other", what: "offset", start: word.start };
}

function readPrimary(cursor: TokenCursor, depth: number): Expression {
  const token = cursor.peek();
  if (depth > MAX_DEPTH) throw new QueryError("syntax", `found more than ${MAX_DEPTH} nested brackets`, token.start);
  const isNumberWord = token.kind === "name" && /^(?:inf|nan)$/i.test(token.text);
  if (token.kind === "number" || token.kind === "duration" || isNumberWord) {
    cursor.next();
    return { kind: "other", what: "a number", start: token.start };
  }
  if (token.kind === "string") {
    cursor.next();
    return { kind: "other", what: "a string", start: token.start };
  }
  if (cursor.take("(")) {
    const inner = readExpression(cursor, depth + 1);
    cursor.expect(")", "an operator or )");
    return inner;
  }
  if (token.kind === "name" && isCall(cursor)) return readCall(cursor, depth);
  if (token.kind !== "name" && token.text !== "{") {
    throw new QueryError("syntax", `found ${describeToken(token)}, expected an expression`, token.start);
  }
  return { kind: "vector", selector: readSelector(cursor) };
}

function isCall(cursor: TokenCursor): boolean {
  const next = cursor.peek(1);
  if (next.kind === "symbol" && next.text === "(") return true;
  return next.kind === "name" && BY.test(next.text);
}

function readCall(cursor: TokenCursor, depth: number): Expression {
  const name = cursor.next();
  if (takeWord(cursor, BY)) readNames(cursor);
  cursor.expect("(", "(");
  if (!cursor.take(")")) {
    do readExpression(cursor, depth + 1);
    while (cursor.take(","));
    cursor.expect(")", "a comma or )");
  }
  if (takeWord(cursor, BY)) readNames(cursor);
  return { kind: "other", what: `${name.text}()`, start: name.start };
}
