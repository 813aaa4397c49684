import type { Buffer } from "node:buffer";
import { type JsonCursor, Literal, literal } from "./json-cursor.ts";
import { isObject, isProblem, type Origin, originOf } from "./record.ts";

type Header = {
  readonly bytes: Literal;
  readonly value: unknown;
  /** Of this header with `metadata`. */
  origin: Origin | undefined;
  metadata: Metadata | undefined;
  /** Which came after it last time: training repeats its order of communicators. */
  next: Header | undefined;
};

/** Of one process all is the same but the time of the dump: the bytes before and after its digits. */
type Metadata = { readonly before: Literal; readonly after: Literal; readonly value: unknown };

const maxObject = 2048;
const maxHeaders = 4096;
const maxMetadata = 8;
const closingBrace = 0x7d;
const backslash = 0x5c;
const stampKey = '"dump_timestamp_us":';
const metadataKey = literal(',"metadata":');

/**
 * The headers and metadata of the records before: they come again in the same bytes, and are then neither parsed nor made
 * into strings again.
 */
export class OriginMemory {
  readonly #job: string;
  readonly #headers = new Map<number, Header>();
  #metadata: Metadata[] = [];
  #previous: Header | undefined;
  /** Microseconds since 1970: the time of the dump that `read` found. */
  dumpedAtUs = Number.NaN;

  constructor(job: string) {
    this.#job = job;
  }

  /** Steps over `{header},"metadata":{metadata}`; undefined where it is not of the usual form, or wrong. */
  read(cursor: JsonCursor): Origin | undefined {
    const header = this.#header(cursor);
    if (header === undefined || !cursor.is(metadataKey)) return undefined;
    const metadata = this.#known(cursor) ?? this.#learn(cursor);
    if (metadata === undefined) return undefined;
    if (header.metadata !== metadata) {
      const origin = originOf(this.#job, header.value, metadata.value);
      header.origin = isProblem(origin) ? undefined : origin;
      header.metadata = metadata;
    }
    return header.origin;
  }

  #header(cursor: JsonCursor): Header | undefined {
    const previous = this.#previous;
    const guess = previous?.next;
    if (guess !== undefined && cursor.is(guess.bytes)) {
      this.#previous = guess;
      return guess;
    }
    const header = this.#lookUp(cursor);
    if (previous !== undefined) previous.next = header;
    this.#previous = header;
    return header;
  }

  #lookUp(cursor: JsonCursor): Header | undefined {
    const { bytes, at, end } = cursor;
    const last = Math.min(end, at + maxObject);
    let to = at;
    let hash = 0;
    for (; to < last && bytes[to] !== closingBrace; to++) hash = (Math.imul(hash, 31) + bytes[to]!) | 0;
    if (to === last) return undefined;
    const known = this.#headers.get(hash);
    const length = to + 1 - at;
    if (known !== undefined && known.bytes.length === length && cursor.is(known.bytes)) return known;
    const value = parsedObject(bytes, at, to + 1);
    if (value === undefined) return undefined;
    const header: Header = {
      bytes: new Literal(bytes.subarray(at, to + 1)),
      value,
      origin: undefined,
      metadata: undefined,
      next: undefined,
    };
    // Old ones make room all at once: which communicators still live cannot be told from here.
    if (this.#headers.size >= maxHeaders) this.#headers.clear();
    this.#headers.set(hash, header);
    cursor.at = to + 1;
    return header;
  }

  #known(cursor: JsonCursor): Metadata | undefined {
    const first = cursor.at;
    for (const metadata of this.#metadata) {
      if (cursor.is(metadata.before)) {
        this.dumpedAtUs = cursor.whole();
        if (!Number.isNaN(this.dumpedAtUs) && cursor.is(metadata.after)) return metadata;
      }
      cursor.at = first;
    }
    return undefined;
  }

  #learn(cursor: JsonCursor): Metadata | undefined {
    const { bytes, at, end } = cursor;
    const last = Math.min(end, at + maxObject);
    let to = at;
    for (; to < last && bytes[to] !== closingBrace; to++) if (bytes[to] === backslash) return undefined;
    if (to === last) return undefined;
    const value = parsedObject(bytes, at, to + 1);
    if (value === undefined) return undefined;
    // Exactly once, and no escapes: then the digits behind it are that key's value and nothing else.
    const stamp = bytes.indexOf(stampKey, at, "latin1");
    if (stamp < 0 || stamp > to) return undefined;
    const again = bytes.indexOf(stampKey, stamp + 1, "latin1");
    if (again >= 0 && again < to) return undefined;
    const digits = stamp + stampKey.length;
    cursor.at = digits;
    if (Number.isNaN(cursor.whole())) return undefined;
    const after = cursor.at;
    if (bytes[after] !== closingBrace && bytes[after] !== 0x2c) return undefined;
    const metadata = {
      before: new Literal(bytes.subarray(at, digits)),
      after: new Literal(bytes.subarray(after, to + 1)),
      value,
    };
    this.#metadata = [metadata, ...this.#metadata].slice(0, maxMetadata);
    cursor.at = at;
    return this.#known(cursor);
  }
}

function parsedObject(bytes: Buffer, start: number, end: number): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8", start, end));
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
