/** PromQL's string literals: Go's escapes within '...' and "...", none within `...`. */
import { QueryError } from "./query-error.ts";

const SIMPLE: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92 };
const CODED: Readonly<Record<string, { digits: number; radix: number }>> = {
  x: { digits: 2, radix: 16 },
  u: { digits: 4, radix: 16 },
  U: { digits: 8, radix: 16 },
};
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The value of the literal that begins at `start`, and the position after its closing quote. */
export function readString(query: string, start: number): { value: string; end: number } {
  const quote = query[start]!;
  if (quote === "`") return readRaw(query, start);
  const bytes: Buffer[] = [];
  let plainFrom = start + 1;
  let at = plainFrom;
  while (query[at] !== quote) {
    if (at >= query.length || query[at] === "\n") {
      throw new QueryError("syntax", `found no closing ${quote} on the line, expected one`, start);
    }
    if (query[at] !== "\\") {
      at++;
      continue;
    }
    bytes.push(Buffer.from(query.slice(plainFrom, at), "utf8"));
    const escaped = readEscape(query, at, quote);
    bytes.push(escaped.bytes);
    at = plainFrom = escaped.end;
  }
  bytes.push(Buffer.from(query.slice(plainFrom, at), "utf8"));
  return { value: decode(Buffer.concat(bytes), start), end: at + 1 };
}

function readRaw(query: string, start: number): { value: string; end: number } {
  const close = query.indexOf("`", start + 1);
  if (close < 0) throw new QueryError("syntax", "found no closing `, expected one", start);
  return { value: query.slice(start + 1, close), end: close + 1 };
}

function decode(bytes: Buffer, start: number): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new QueryError("syntax", "the escapes of this string do not make valid UTF-8", start);
  }
}

function readEscape(query: string, at: number, quote: string): { bytes: Buffer; end: number } {
  const letter = query[at + 1] ?? "";
  const simple = letter === quote ? quote.charCodeAt(0) : SIMPLE[letter];
  if (simple !== undefined) return { bytes: Buffer.of(simple), end: at + 2 };
  const octal = /^[0-7]{3}/.exec(query.slice(at + 1, at + 4))?.[0];
  if (octal !== undefined && Number.parseInt(octal, 8) <= 0xff) {
    return { bytes: Buffer.of(Number.parseInt(octal, 8)), end: at + 4 };
  }
  const coded = CODED[letter];
  if (coded !== undefined) {
    const text = query.slice(at + 2, at + 2 + coded.digits);
    if (text.length === coded.digits && /^[0-9a-fA-F]+$/.test(text)) {
      return { bytes: codePoint(Number.parseInt(text, coded.radix), letter, at), end: at + 2 + coded.digits };
    }
  }
  const found = JSON.stringify(`\\${letter}`);
  throw new QueryError(
    "syntax",
    `found ${found}, expected an escape of PromQL (\\\\ \\${quote} \\n \\t \\xFF \\u00FF \\377)`,
    at,
  );
}

function codePoint(code: number, letter: string, at: number): Buffer {
  if (letter === "x") return Buffer.of(code);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw new QueryError("syntax", `\\${letter}${code.toString(16)} is no Unicode character`, at);
  }
  return Buffer.from(String.fromCodePoint(code), "utf8");
}

/** A literal that reads back as `value`. A lone surrogate, which no UTF-8 holds, becomes U+FFFD. */
export function quoteString(value: string): string {
  let text = '"';
  for (const char of value.toWellFormed()) {
    const code = char.codePointAt(0)!;
    if (char === '"' || char === "\\") text += `\\${char}`;
    else if (char === "\n") text += "\\n";
    else if (code < 0x20 || code === 0x7f) text += `\\x${code.toString(16).padStart(2, "0")}`;
    else text += char;
  }
  return `${text}"`;
}
