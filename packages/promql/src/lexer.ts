/** PromQL's tokens. Comments and white space fall away. */
import { QueryError } from "./query-error.ts";
import { readString } from "./string-literal.ts";

export type TokenKind = "name" | "string" | "number" | "duration" | "symbol" | "end";

export type Token = {
  readonly kind: TokenKind;
  /** As written; of a string its value, not its quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
};

const SKIPPED = /(?:[ \t\r\n]+|#[^\n]*)+/y;
const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const DURATION = /(?:[0-9]+(?:ms|[smhdwy]))+(?![a-zA-Z0-9_])/y;
const NUMBER =
  /(?:0[xX][0-9a-fA-F_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)(?![a-zA-Z0-9_.])/y;
const SYMBOL = /=~|!~|!=|==|>=|<=|[-+*/%^=<>(){}[\],@:]/y;

/** Throws QueryError `syntax` at the first character that begins no token. The last token is `end`. */
export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at = matchAt(SKIPPED, query, at)?.end ?? at;
    if (at >= query.length) break;
    const token = readToken(query, at, tokens.at(-1));
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: "end", text: "", start: query.length, end: query.length });
  return tokens;
}

function readToken(query: string, at: number, before: Token | undefined): Token {
  const first = query[at]!;
  if (first === '"' || first === "'" || first === "`") {
    const { value, end } = readString(query, at);
    return { kind: "string", text: value, start: at, end };
  }
  // Within brackets a colon parts range and step; elsewhere it may begin a metric name.
  const inRange = before?.kind === "duration" || before?.kind === "number";
  const kinds: [TokenKind, RegExp][] = [
    ["duration", DURATION],
    ["number", NUMBER],
    ...(first === ":" && inRange ? [] : ([["name", NAME]] as [TokenKind, RegExp][])),
    ["symbol", SYMBOL],
  ];
  for (const [kind, pattern] of kinds) {
    const found = matchAt(pattern, query, at);
    if (found !== undefined) return { kind, ...found };
  }
  const found = JSON.stringify(String.fromCodePoint(query.codePointAt(at)!));
  throw new QueryError("syntax", `found ${found}, which begins nothing in PromQL`, at);
}

function matchAt(pattern: RegExp, query: string, at: number) {
  pattern.lastIndex = at;
  const text = pattern.exec(query)?.[0];
  return text === undefined ? undefined : { text, start: at, end: at + text.length };
}
