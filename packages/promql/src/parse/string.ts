/**
 * PromQL's string literals, byte for byte: Go's escapes within '...' and "...", none within `...`. A byte that is no
 * UTF-8 becomes a lone surrogate U+DC00 + byte, so that `isWellFormed()` tells and printing can give the byte back.
 */

const SIMPLE: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92 };
const CODED: Readonly<Record<string, { digits: number; radix: number }>> = {
  x: { digits: 2, radix: 16 },
  u: { digits: 4, radix: 16 },
  U: { digits: 8, radix: 16 },
};
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ESCAPED_BYTE = 0xdc00;

/** The value of a literal with its quotes, or in `fault` what is wrong with it. */
export function stringValue(literal: string): { value: string } | { fault: string } {
  const quote = literal[0]!;
  if (literal.length < 2 || literal.at(-1) !== quote) return { fault: "unterminated quoted string" };
  const body = literal.slice(1, -1);
  if (quote === "`" || !body.includes("\\")) return { value: body };
  const parts: Buffer[] = [];
  let at = 0;
  while (at < body.length) {
    const backslash = body.indexOf("\\", at);
    const plainEnd = backslash < 0 ? body.length : backslash;
    parts.push(Buffer.from(body.slice(at, plainEnd), "utf8"));
    if (backslash < 0) break;
    const read = escapedBytes(body, backslash, quote);
    if (read === undefined)
      return { fault: `unknown escape sequence ${JSON.stringify(body.slice(backslash, backslash + 2))}` };
    parts.push(read.bytes);
    at = read.end;
  }
  return { value: decode(Buffer.concat(parts)) };
}

function escapedBytes(body: string, at: number, quote: string): { bytes: Buffer; end: number } | undefined {
  const letter = body[at + 1] ?? "";
  const simple = letter === quote ? quote.charCodeAt(0) : SIMPLE[letter];
  if (simple !== undefined) return { bytes: Buffer.of(simple), end: at + 2 };
  const octal = /^[0-7]{3}/.exec(body.slice(at + 1, at + 4))?.[0];
  if (octal !== undefined) {
    const code = Number.parseInt(octal, 8);
    return code > 0xff ? undefined : { bytes: Buffer.of(code), end: at + 4 };
  }
  const coded = CODED[letter];
  if (coded === undefined) return undefined;
  const digits = body.slice(at + 2, at + 2 + coded.digits);
  if (digits.length !== coded.digits || !/^[0-9a-fA-F]+$/.test(digits)) return undefined;
  const code = Number.parseInt(digits, coded.radix);
  const end = at + 2 + coded.digits;
  if (letter === "x") return { bytes: Buffer.of(code), end };
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return { bytes: Buffer.from(String.fromCodePoint(code), "utf8"), end };
}

function decode(bytes: Buffer): string {
  try {
    return strict.decode(bytes);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    return decodeAround(bytes);
  }
}

/** Decodes the longest valid sequence at each place, else one byte as an escaped one. */
function decodeAround(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) text += String.fromCharCode(ESCAPED_BYTE + bytes[at]!);
    else text += strict.decode(bytes.subarray(at, at + length));
    at += Math.max(length, 1);
  }
  return text;
}

function sequenceLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    try {
      strict.decode(bytes.subarray(at, at + length));
      return length;
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
    }
  }
  return 0;
}

/** As Go's %q prints a string: escapes for quotes, control characters and bytes that are no UTF-8. */
export function quoted(value: string): string {
  let text = '"';
  for (const char of value) {
    const code = char.codePointAt(0)!;
    if (char === '"' || char === "\\") text += `\\${char}`;
    else if (code >= ESCAPED_BYTE && code <= ESCAPED_BYTE + 0xff) text += `\\x${(code - ESCAPED_BYTE).toString(16)}`;
    else if (code === 10) text += "\\n";
    else if (code === 9) text += "\\t";
    else if (code === 13) text += "\\r";
    else if (code < 0x20 || code === 0x7f) text += `\\x${code.toString(16).padStart(2, "0")}`;
    else text += char;
  }
  return `${text}"`;
}
