/**
 * Protocol Buffers' wire form, read in place:
 *
 *     message: fields one after another; field: varint (number << 3 | wire type), data
 *     wire type 0 varint, 1 eight bytes, 2 length varint and bytes, 5 four bytes; numbers little endian
 */
import { isUtf8 } from "node:buffer";
import { OtlpError } from "./metrics.ts";

export const VARINT = 0;
export const EIGHT = 1;
export const LENGTH = 2;
export const FOUR = 5;
export type WireType = typeof VARINT | typeof EIGHT | typeof LENGTH | typeof FOUR;

const TWO_32 = 2 ** 32;
/** Nanoseconds of a millisecond. */
const NS = 1_000_000;

export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;
  #end: number;

  constructor(message: Uint8Array) {
    this.#bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    this.#end = message.byteLength;
  }

  get at(): number {
    return this.#at;
  }

  fail(problem: string, at = this.#at): never {
    throw new OtlpError(`byte ${at}`, problem);
  }

  /** Calls `read` for each field up to the end of this message; a field that it answers false for is skipped. */
  fields(read: (field: number, wire: number) => boolean): void {
    while (this.#at < this.#end) {
      const at = this.#at;
      const tag = this.#varint("a field's tag");
      const field = Math.floor(tag / 8);
      if (field === 0 || field >= 2 ** 29) this.fail(`found field number ${field}, expected 1 to 536870911`, at);
      const wire = tag % 8;
      if (!read(field, wire)) this.#skip(wire, at);
    }
  }

  message(wire: number, name: string, read: (field: number, wire: number) => boolean): void {
    const outer = this.#end;
    const end = this.#length(wire, name);
    this.#end = end;
    this.fields(read);
    this.#end = outer;
  }

  string(wire: number, name: string): string {
    const bytes = this.bytes(wire, name);
    if (!isUtf8(bytes)) this.fail(`${name}: found bytes that are not UTF-8`, this.#at - bytes.length);
    return bytes.toString("utf8");
  }

  bytes(wire: number, name: string): Buffer {
    const end = this.#length(wire, name);
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  double(wire: number, name: string): number {
    this.#expect(wire, EIGHT, name);
    this.#need(8, name);
    this.#at += 8;
    return this.#bytes.readDoubleLE(this.#at - 8);
  }

  /** Eight bytes that hold a count. */
  fixedCount(wire: number, name: string): number {
    this.#expect(wire, EIGHT, name);
    const [low, high] = this.#words(name);
    return this.#safe(high * TWO_32 + low, name, this.#at - 8);
  }

  /** Eight bytes that hold a signed integer; beyond 2^53 it is rounded to a double. */
  signedFixed(wire: number, name: string): number {
    this.#expect(wire, EIGHT, name);
    this.#need(8, name);
    this.#at += 8;
    return Number(this.#bytes.readBigInt64LE(this.#at - 8));
  }

  /** Nanoseconds since 1970 as milliseconds; undefined for 0. */
  time(wire: number, name: string): number | undefined {
    this.#expect(wire, EIGHT, name);
    const at = this.#at;
    const [low, high] = this.#words(name);
    if (low === 0 && high === 0) return undefined;
    // high * 2^32 / 1e6, without leaving the integers that a double holds exactly.
    const whole = Math.floor(high / NS);
    const rest = (high % NS) * TWO_32 + low;
    return this.#safe(whole * TWO_32 + Math.floor(rest / NS), name, at);
  }

  bool(wire: number, name: string): boolean {
    return this.uint(wire, name) !== 0;
  }

  /** A varint of at most 2^53. */
  uint(wire: number, name: string): number {
    this.#expect(wire, VARINT, name);
    const at = this.#at;
    return this.#safe(this.#varint(name), name, at);
  }

  int64(wire: number, name: string): bigint {
    this.#expect(wire, VARINT, name);
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte(name);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    return this.fail(`${name}: found a varint of more than 10 bytes`);
  }

  /** Zigzag: 0, -1, 1, -2, ... */
  sint32(wire: number, name: string): number {
    this.#expect(wire, VARINT, name);
    const at = this.#at;
    const value = this.#varint(name);
    if (value >= TWO_32) this.fail(`${name}: found ${value}, expected 32 bits`, at);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Packed in one field or one element a field; `take` gets each element. */
  repeated(wire: number, element: WireType, name: string, take: (wire: number) => void): void {
    if (wire !== LENGTH) {
      take(wire);
      return;
    }
    const outer = this.#end;
    const at = this.#at;
    this.#end = this.#length(wire, name);
    if (element === EIGHT && (this.#end - this.#at) % 8 !== 0) {
      this.fail(`${name}: found ${this.#end - this.#at} bytes, expected a multiple of 8`, at);
    }
    while (this.#at < this.#end) take(element);
    this.#end = outer;
  }

  #skip(wire: number, tagAt: number): void {
    if (wire === VARINT) this.#varint("an unknown field");
    else if (wire === LENGTH) this.#at = this.#length(wire, "an unknown field");
    else if (wire === EIGHT || wire === FOUR) {
      const width = wire === EIGHT ? 8 : 4;
      this.#need(width, "an unknown field");
      this.#at += width;
    } else this.fail(`found wire type ${wire}, expected 0, 1, 2 or 5`, tagAt);
  }

  #expect(wire: number, expected: WireType, name: string): void {
    if (wire !== expected) this.fail(`${name}: found wire type ${wire}, expected ${expected}`);
  }

  /** Where the bytes of this field end. */
  #length(wire: number, name: string): number {
    this.#expect(wire, LENGTH, name);
    const at = this.#at;
    const length = this.#varint(name);
    const left = this.#end - this.#at;
    if (length > left) this.fail(`${name}: found a length of ${length}, but ${left} bytes are left`, at);
    return this.#at + length;
  }

  #safe(value: number, name: string, at: number): number {
    return Number.isSafeInteger(value) ? value : this.fail(`${name}: found ${value}, expected less than 2^53`, at);
  }

  #varint(name: string): number {
    const at = this.#at;
    let value = 0;
    for (let i = 0, scale = 1; i < 10; i++, scale *= 0x80) {
      const byte = this.#byte(name);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return this.fail(`${name}: found a varint of more than 10 bytes`, at);
  }

  #byte(name: string): number {
    this.#need(1, name);
    return this.#bytes[this.#at++]!;
  }

  #words(name: string): [low: number, high: number] {
    this.#need(8, name);
    this.#at += 8;
    return [this.#bytes.readUInt32LE(this.#at - 8), this.#bytes.readUInt32LE(this.#at - 4)];
  }

  #need(bytes: number, name: string): void {
    const left = this.#end - this.#at;
    if (bytes > left) this.fail(`${name}: cut short; expected ${bytes} bytes, ${left} are left`);
  }
}
