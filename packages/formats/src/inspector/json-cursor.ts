import { Buffer } from "node:buffer";

const quote = 0x22;
const comma = 0x2c;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const closingBracket = 0x5d;
const closingBrace = 0x7d;
const maxDepth = 16;
const maxStringsKept = 64;

/** Bytes that are expected, to be compared four at a time. */
export class Literal {
  readonly length: number;
  readonly #bytes: Buffer;
  readonly #words: Int32Array;
  /** The last four bytes: they overlap the word before. */
  readonly #last: number;

  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    this.#bytes = Buffer.from(bytes);
    const words = Math.max(0, Math.ceil(bytes.length / 4) - 1);
    this.#words = Int32Array.from({ length: words }, (_, word) => this.#bytes.readInt32LE(word * 4));
    this.#last = bytes.length >= 4 ? this.#bytes.readInt32LE(bytes.length - 4) : 0;
  }

  /** Whether they stand in `view` from `at`, all of them before `end`. */
  standsIn(view: DataView, at: number, end: number): boolean {
    const length = this.length;
    if (at + length > end) return false;
    if (length < 4) {
      for (let i = 0; i < length; i++) if (view.getUint8(at + i) !== this.#bytes[i]) return false;
      return true;
    }
    if (view.getInt32(at + length - 4, true) !== this.#last) return false;
    const words = this.#words;
    for (let word = 0; word < words.length; word++)
      if (view.getInt32(at + word * 4, true) !== words[word]) return false;
    return true;
  }
}

/** A piece of compact JSON that is expected. */
export function literal(text: string): Literal {
  return new Literal(Buffer.from(text, "latin1"));
}

/**
 * Walks over the bytes of a compact JSON value (no blanks, ASCII, no escapes), as programs write it. Whatever is not of that
 * form makes a method return false or NaN, and the value is then for JSON.parse; what it accepts JSON.parse accepts as well,
 * with the same meaning.
 */
export class JsonCursor {
  bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  at = 0;
  end = 0;
  /** The string that `string` read last. */
  text = "";
  readonly #strings: { readonly bytes: Buffer; readonly text: string }[] = [];

  over(bytes: Buffer, start: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.at = start;
    this.end = end;
  }

  /** Steps over `expected` if it stands here. */
  is(expected: Literal): boolean {
    if (!expected.standsIn(this.#view, this.at, this.end)) return false;
    this.at += expected.length;
    return true;
  }

  /** Steps over `expected` if this byte stands here. */
  isByte(expected: number): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== expected) return false;
    this.at++;
    return true;
  }

  /** Steps over a whole number of at most 16 digits without sign; NaN where none stands here. Exact up to 2^53. */
  whole(): number {
    const { bytes, end } = this;
    let at = this.at;
    const first = at;
    let value = 0;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte < zero || byte > nine) break;
      value = value * 10 + (byte - zero);
    }
    const digits = at - first;
    if (digits === 0 || digits > 16 || (digits > 1 && bytes[first] === zero)) return Number.NaN;
    this.at = at;
    return value;
  }

  /** Steps over a number; NaN where none stands here that is followed by a comma or the end of an object. */
  number(): number {
    const first = this.at;
    const whole = this.whole();
    if (this.#valueEnds() && !Number.isNaN(whole)) return whole;
    this.at = first;
    if (!this.#skipNumber() || !this.#valueEnds()) return Number.NaN;
    return Number(this.bytes.toString("latin1", first, this.at));
  }

  #valueEnds(): boolean {
    const byte = this.at < this.end ? this.bytes[this.at] : 0;
    return byte === comma || byte === closingBrace;
  }

  /** Steps over a string and keeps it in `text`. */
  string(): boolean {
    const first = this.at + 1;
    if (!this.#skipString()) return false;
    this.text = this.#interned(first, this.at - 1);
    return true;
  }

  /** Steps over any value. */
  skip(depth = 0): boolean {
    if (this.at >= this.end || depth > maxDepth) return false;
    switch (this.bytes[this.at]) {
      case quote:
        return this.#skipString();
      case 0x7b:
        return this.#skipObject(depth);
      case 0x5b:
        return this.#skipArray(depth);
      case 0x74:
        return this.is(trueLiteral);
      case 0x66:
        return this.is(falseLiteral);
      case 0x6e:
        return this.is(nullLiteral);
      default:
        return this.#skipNumber();
    }
  }

  #skipObject(depth: number): boolean {
    this.at++;
    if (this.isByte(closingBrace)) return true;
    do {
      if (!this.#skipString() || !this.isByte(colon) || !this.skip(depth + 1)) return false;
    } while (this.isByte(comma));
    return this.isByte(closingBrace);
  }

  #skipArray(depth: number): boolean {
    this.at++;
    if (this.isByte(closingBracket)) return true;
    do {
      if (!this.skip(depth + 1)) return false;
    } while (this.isByte(comma));
    return this.isByte(closingBracket);
  }

  #skipString(): boolean {
    const { bytes, end } = this;
    let at = this.at;
    if (at >= end || bytes[at] !== quote) return false;
    for (at++; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === quote) {
        this.at = at + 1;
        return true;
      }
      if (byte < 0x20 || byte === 0x5c || byte >= 0x7f) return false;
    }
    return false;
  }

  #skipNumber(): boolean {
    const { bytes, end } = this;
    let at = this.at;
    if (at < end && bytes[at] === 0x2d) at++;
    const first = at;
    at = digitsEnd(bytes, at, end);
    if (at === first || (bytes[first] === zero && at > first + 1)) return false;
    if (at < end && bytes[at] === 0x2e) {
      const fraction = at + 1;
      at = digitsEnd(bytes, fraction, end);
      if (at === fraction) return false;
    }
    if (at < end && (bytes[at]! | 0x20) === 0x65) {
      let exponent = at + 1;
      if (exponent < end && (bytes[exponent] === 0x2b || bytes[exponent] === 0x2d)) exponent++;
      at = digitsEnd(bytes, exponent, end);
      if (at === exponent) return false;
    }
    this.at = at;
    return true;
  }

  /** Names repeat from line to line: comparing bytes is cheaper than making the string again. */
  #interned(start: number, end: number): string {
    const { bytes } = this;
    const length = end - start;
    search: for (const known of this.#strings) {
      if (known.bytes.length !== length) continue;
      for (let i = 0; i < length; i++) if (bytes[start + i] !== known.bytes[i]) continue search;
      return known.text;
    }
    const text = bytes.toString("latin1", start, end);
    if (this.#strings.length < maxStringsKept) this.#strings.push({ bytes: Buffer.from(text, "latin1"), text });
    return text;
  }
}

const trueLiteral = literal("true");
const falseLiteral = literal("false");
const nullLiteral = literal("null");

function digitsEnd(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at]! >= zero && bytes[at]! <= nine) at++;
  return at;
}
