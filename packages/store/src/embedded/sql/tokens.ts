/**
 * ClickHouse SQL cut into tokens: enough to find clauses at the top level, whatever stands in strings, comments and
 * parentheses. Text is one character a byte (latin1), so that positions are byte offsets and a body may be binary
 * behind its statement.
 */

export type TokenKind = "word" | "quoted" | "string" | "number" | "symbol" | "unfinished";

export type Token = {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  /** How many parentheses, brackets and braces are open around it. */
  readonly depth: number;
  /** The text, upper-case for words. */
  readonly text: string;
};

const SPACE = /[\s\0]/;
const WORD_START = /[A-Za-z_$\x80-\xff]/;
const WORD = /[A-Za-z0-9_$\x80-\xff]/;
const NUMBER = /[0-9A-Za-z_.]/;
const DOLLAR_TAG = /\$[A-Za-z0-9_]*\$/y;

/** Tokens from `from` on, lazily: a reader that has seen enough stops before binary data. */
export function* tokens(text: string, from = 0): Generator<Token> {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const start = at;
    const char = text[at]!;
    if (SPACE.test(char)) {
      at++;
      continue;
    }
    const comment = commentEnd(text, at);
    if (comment !== undefined) {
      at = comment;
      continue;
    }
    let kind: TokenKind;
    [kind, at] = tokenEnd(text, at, char);
    if (kind === "symbol" && ")]}".includes(char)) depth--;
    const raw = text.slice(start, at);
    yield { kind, start, end: at, depth, text: kind === "word" ? raw.toUpperCase() : raw };
    if (kind === "symbol" && "([{".includes(char)) depth++;
  }
}

function tokenEnd(text: string, at: number, char: string): [TokenKind, number] {
  if (char === "'") return quotedEnd(text, at, "string");
  if (char === "`" || char === '"') return quotedEnd(text, at, "quoted");
  if (char === "$") {
    const heredoc = heredocEnd(text, at);
    if (heredoc !== undefined) return ["string", heredoc];
  }
  if (WORD_START.test(char)) return ["word", runEnd(text, at, WORD)];
  if (char >= "0" && char <= "9") return ["number", numberEnd(text, at)];
  return ["symbol", at + 1];
}

function runEnd(text: string, from: number, inside: RegExp): number {
  let at = from + 1;
  while (at < text.length && inside.test(text[at]!)) at++;
  return at;
}

function numberEnd(text: string, from: number): number {
  let at = runEnd(text, from, NUMBER);
  // 1e-5: the sign belongs to the number, unless it is hexadecimal.
  if (/[eE]/.test(text[at - 1]!) && /[+-]/.test(text[at] ?? "") && !/^0[xX]/.test(text.slice(from, from + 2))) {
    at = runEnd(text, at, NUMBER);
  }
  return at;
}

/** Where a comment that begins at `at` ends. */
function commentEnd(text: string, at: number): number | undefined {
  const two = text.slice(at, at + 2);
  if (two === "--" || two === "#!" || two === "# ") {
    const end = text.indexOf("\n", at);
    return end === -1 ? text.length : end + 1;
  }
  if (two !== "/*") return undefined;
  let depth = 1;
  let from = at + 2;
  while (depth > 0) {
    const close = text.indexOf("*/", from);
    if (close === -1) return text.length;
    const open = text.indexOf("/*", from);
    const nested = open !== -1 && open < close;
    depth += nested ? 1 : -1;
    from = (nested ? open : close) + 2;
  }
  return from;
}

function quotedEnd(text: string, from: number, kind: TokenKind): [TokenKind, number] {
  const quote = text[from]!;
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return [kind, at + 1];
      at++;
    }
  }
  return ["unfinished", text.length];
}

/** $tag$ anything $tag$ */
function heredocEnd(text: string, at: number): number | undefined {
  DOLLAR_TAG.lastIndex = at;
  const tag = DOLLAR_TAG.exec(text)?.[0];
  if (tag === undefined) return undefined;
  const end = text.indexOf(tag, at + tag.length);
  return end === -1 ? undefined : end + tag.length;
}
