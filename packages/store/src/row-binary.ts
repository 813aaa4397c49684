/**
 * Reads ClickHouse's RowBinary: rows one after another, columns without names, numbers little endian, lengths as
 * LEB128. Nothing in it says what it holds: the reader asks for the query's columns in their order.
 */

export class RowBinaryError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RowBinaryError";
  }
}

/** A length beyond this is no length but bytes read as the wrong type. */
const MAX_LENGTH = 2 ** 31;

/** Every method reads one value and throws RowBinaryError where the bytes end before it does. */
export class RowBinaryReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Uint8Array, from = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = from;
  }

  /** Whether all rows have been read. */
  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Offset of the next byte. */
  get position(): number {
    return this.#at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  i8(): number {
    return this.#bytes.readInt8(this.#take(1));
  }

  bool(): boolean {
    return this.u8() !== 0;
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#take(2));
  }

  i16(): number {
    return this.#bytes.readInt16LE(this.#take(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  i32(): number {
    return this.#bytes.readInt32LE(this.#take(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }

  i64(): bigint {
    return this.#bytes.readBigInt64LE(this.#take(8));
  }

  /** A UInt64 or Int64 as its two halves: no bigint in a hot loop. */
  halves(): { readonly low: number; readonly high: number } {
    const at = this.#take(8);
    return { low: this.#bytes.readUInt32LE(at), high: this.#bytes.readUInt32LE(at + 4) };
  }

  /** An Int64 or DateTime64 as a number; throws where it is beyond 2^53. */
  int64(): number {
    const at = this.#take(8);
    const value = this.#bytes.readInt32LE(at + 4) * 2 ** 32 + this.#bytes.readUInt32LE(at);
    if (!Number.isSafeInteger(value)) throw new RowBinaryError(`at byte ${at}: an Int64 beyond 2^53; read it by i64()`);
    return value;
  }

  f32(): number {
    return this.#bytes.readFloatLE(this.#take(4));
  }

  /** JavaScript may rewrite the payload of a NaN: where it matters, read `halves()` or `u64()` instead. */
  f64(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  /** The length that stands before a string, an array or a map. */
  length(): number {
    const from = this.#at;
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#take(1)]!;
      value += (byte & 0x7f) * scale;
      if (value > MAX_LENGTH) throw new RowBinaryError(`at byte ${from}: a length beyond ${MAX_LENGTH}`);
      if (byte < 0x80) return value;
    }
  }

  string(): string {
    const size = this.length();
    const at = this.#take(size);
    return this.#bytes.toString("utf8", at, at + size);
  }

  /** A view into the answer, not a copy. */
  bytes(size: number): Buffer {
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  array<T>(item: (reader: this) => T): T[] {
    const length = this.length();
    const items: T[] = [];
    for (let i = 0; i < length; i++) items.push(item(this));
    return items;
  }

  map<K, V>(key: (reader: this) => K, value: (reader: this) => V): Map<K, V> {
    const length = this.length();
    const entries = new Map<K, V>();
    for (let i = 0; i < length; i++) {
      const name = key(this);
      entries.set(name, value(this));
    }
    return entries;
  }

  /** Undefined for NULL. */
  nullable<T>(value: (reader: this) => T): T | undefined {
    return this.u8() === 1 ? undefined : value(this);
  }

  /** Moves on by `size` bytes and returns where they begin. */
  #take(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length)
      throw new RowBinaryError(
        `at byte ${at}: ${size} bytes expected, ${this.#bytes.length - at} left; the columns read are not the query's`,
      );
    this.#at = at + size;
    return at;
  }
}
