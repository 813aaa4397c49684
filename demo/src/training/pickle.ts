/** Writes values as Python's pickle, protocol 2: what torch's C++ pickler writes its Flight Recorder dumps with. */

export type Pickled =
  | null
  | boolean
  | string
  | number
  | bigint
  | readonly Pickled[]
  | Tuple
  | { readonly [key: string]: Pickled };

/** A tuple of two. */
export class Tuple {
  readonly items: readonly [Pickled, Pickled];
  constructor(first: Pickled, second: Pickled) {
    this.items = [first, second];
  }
}

/** Throws for a bigint that does not fit in 64 bits. */
export function pickle(value: Pickled): Buffer {
  const parts: Buffer[] = [Buffer.from([0x80, 2])];
  write(value, parts);
  parts.push(Buffer.from("."));
  return Buffer.concat(parts);
}

function write(value: Pickled, parts: Buffer[]): void {
  const code = (text: string) => parts.push(Buffer.from(text, "latin1"));
  if (value === null) code("N");
  else if (typeof value === "boolean") code(value ? "\x88" : "\x89");
  else if (typeof value === "string") writeText(value, parts);
  else if (typeof value === "number") writeNumber(value, parts);
  else if (typeof value === "bigint") {
    const bytes = Buffer.alloc(10);
    bytes[0] = 0x8a;
    bytes[1] = 8;
    bytes.writeBigInt64LE(value, 2);
    parts.push(bytes);
  } else if (value instanceof Tuple) {
    for (const item of value.items) write(item, parts);
    code("\x86");
  } else if (isList(value)) {
    code("](");
    for (const item of value) write(item, parts);
    code("e");
  } else {
    code("}(");
    for (const [key, item] of Object.entries(value)) {
      writeText(key, parts);
      write(item, parts);
    }
    code("u");
  }
}

function isList(value: object): value is readonly Pickled[] {
  return Array.isArray(value);
}

function writeText(text: string, parts: Buffer[]): void {
  const bytes = Buffer.from(text, "utf8");
  const head = Buffer.alloc(5);
  head[0] = 0x58;
  head.writeUInt32LE(bytes.length, 1);
  parts.push(head, bytes);
}

function writeNumber(value: number, parts: Buffer[]): void {
  const whole = Number.isInteger(value) && Math.abs(value) < 2 ** 31;
  const bytes = Buffer.alloc(whole ? 5 : 9);
  bytes[0] = whole ? 0x4a : 0x47;
  if (whole) bytes.writeInt32LE(value, 1);
  else bytes.writeDoubleBE(value, 1);
  parts.push(bytes);
}
