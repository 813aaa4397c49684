import { type Token, tokenize } from "./lexer.ts";
import { QueryError } from "./query-error.ts";

/** Walks tokens with one token of look-ahead (`peek(1)`: two); reading past the end stays at the end. */
export type TokenCursor = {
  peek(ahead?: number): Token;
  next(): Token;
  /** Whether the next token was that symbol, then passed. */
  take(symbol: string): boolean;
  /** Throws QueryError `syntax` where the next token is another. */
  expect(symbol: string, expected: string): void;
  expectEnd(expected: string): void;
};

/** No question of a person or a dashboard is longer, and parsing takes time in its length. */
const MAX_QUERY_LENGTH = 64 * 1024;

export function tokenCursor(query: string): TokenCursor {
  if (query.length > MAX_QUERY_LENGTH) {
    throw new QueryError("syntax", `found ${query.length} characters, expected at most ${MAX_QUERY_LENGTH}`, 0);
  }
  const tokens = tokenize(query);
  const end = tokens.at(-1)!;
  let at = 0;
  const peek = (ahead = 0) => tokens[at + ahead] ?? end;
  const fail = (expected: string): never => {
    throw new QueryError("syntax", `found ${describeToken(peek())}, expected ${expected}`, peek().start);
  };
  const is = (symbol: string) => peek().kind === "symbol" && peek().text === symbol;
  return {
    peek,
    next: () => tokens[at++] ?? end,
    take: (symbol) => {
      const taken = is(symbol);
      if (taken) at++;
      return taken;
    },
    expect: (symbol, expected) => {
      if (!is(symbol)) fail(expected);
      at++;
    },
    expectEnd: (expected) => {
      if (peek().kind !== "end") fail(expected);
    },
  };
}

const SHOWN = 40;

export function describeToken(token: Token): string {
  if (token.kind === "end") return "the end of the query";
  const text = token.text.length > SHOWN ? `${token.text.slice(0, SHOWN)}...` : token.text;
  return token.kind === "string" ? `the string ${JSON.stringify(text)}` : JSON.stringify(text);
}
