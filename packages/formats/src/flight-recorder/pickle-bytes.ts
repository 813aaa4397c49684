import { PickleError } from "./pickle-error.ts";

const utf8 = new TextDecoder("utf-8");
const newline = 0x0a;

/** The bytes of a pickle, read in order; each read says which opcode it was for when the bytes end too early. */
export class PickleBytes {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  /** Where the opcode that is being read stands. */
  #opcodeAt = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get opcodeAt(): number {
    return this.#opcodeAt;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  opcode(): number {
    this.#opcodeAt = this.#at;
    return this.#view.getUint8(this.#take(1, "an opcode; the last one must be STOP"));
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1, "1 byte"));
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2, "2 bytes"), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4, "4 bytes"), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4, "4 bytes"), true);
  }

  /** A length; beyond what is left it is an error before anything is allocated. */
  length64(): number {
    const length = this.#view.getBigUint64(this.#take(8, "a length of 8 bytes"), true);
    if (length > BigInt(this.left))
      this.fail(`found a length of ${length} bytes, ${this.left} are left: cut or damaged`);
    return Number(length);
  }

  /** Most significant byte first, unlike everything else in a pickle. */
  float64(): number {
    return this.#view.getFloat64(this.#take(8, "a float of 8 bytes"), false);
  }

  /** A copy, so that the value does not keep the whole file alive. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length, `${length} bytes`);
    return this.#bytes.slice(at, at + length);
  }

  text(length: number): string {
    const at = this.#take(length, `a text of ${length} bytes`);
    return utf8.decode(this.#bytes.subarray(at, at + length));
  }

  latin1(length: number): string {
    const at = this.#take(length, `a text of ${length} bytes`);
    return latin1Of(this.#bytes.subarray(at, at + length));
  }

  /** Up to the next line end, as the opcodes of protocol 0 write their arguments. */
  line(): string {
    const end = this.#bytes.indexOf(newline, this.#at);
    if (end < 0) this.fail("found no line end after the argument: cut or damaged");
    const text = latin1Of(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return text;
  }

  fail(problem: string): never {
    throw new PickleError(this.#opcodeAt, problem);
  }

  #take(length: number, what: string): number {
    if (length > this.left) this.fail(`found the end after ${this.left} bytes, expected ${what}: the file is cut`);
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

function latin1Of(bytes: Uint8Array): string {
  let text = "";
  const piece = 8192;
  for (let at = 0; at < bytes.length; at += piece) text += String.fromCharCode(...bytes.subarray(at, at + piece));
  return text;
}
