import type { Buffer } from "node:buffer";
import { JsonCursor, type Literal, literal } from "./json-cursor.ts";
import { OriginMemory } from "./origin-memory.ts";
import type { InspectorContext } from "./parse-record.ts";
import {
  type InspectorRecord,
  isProblem,
  type Origin,
  originOf,
  type Performance,
  recordOf,
  stampUs,
} from "./record.ts";

const skipped = 0;
const name = 1;
const seq = 2;
const peer = 3;
const bytesMoved = 4;
const execUs = 5;
const timing = 6;
const traceSn = 7;
const traceTs = 8;
const unusual = 9;

type Key = { readonly literal: Literal; readonly meaning: number };

/** The keys of an event trace: of serial numbers or of time stamps. */
type TraceKeys = {
  readonly start: Literal;
  readonly stop: Literal;
  readonly kernel: readonly [Literal, Literal, Literal];
};

/** One of the two kinds of record. */
type Form = {
  readonly prefix: "coll" | "p2p";
  /** Where the record has no header. */
  readonly first: Literal;
  readonly afterHeader: Literal;
  /** In the order in which they are written; some are left out, and others may stand between them. */
  readonly keys: readonly Key[];
  readonly serials: TraceKeys;
  readonly stamps: TraceKeys;
};

function formOf(prefix: "coll" | "p2p"): Form {
  const key = (text: string, meaning: number): Key => ({ literal: literal(`"${text}":`), meaning });
  const trace = (unit: "sn" | "ts"): TraceKeys => ({
    start: literal(`{"${prefix}_start_${unit}":`),
    stop: literal(`,"${prefix}_stop_${unit}":`),
    kernel: [
      literal(`,"kernel_start_${unit}":`),
      literal(`,"kernel_stop_${unit}":`),
      literal(`,"kernel_record_${unit}":`),
    ],
  });
  const between = prefix === "coll" ? [key("coll_algo", skipped), key("coll_proto", skipped)] : [];
  return {
    prefix,
    first: literal(`{"${prefix}_perf":{`),
    afterHeader: literal(`,"${prefix}_perf":{`),
    keys: [
      key(prefix, name),
      ...between,
      key(`${prefix}_sn`, seq),
      ...(prefix === "p2p" ? [key("p2p_peer", peer)] : []),
      key(`${prefix}_msg_size_bytes`, bytesMoved),
      key(`${prefix}_exec_time_us`, execUs),
      key(`${prefix}_timing_source`, timing),
      key(`${prefix}_algobw_gbs`, skipped),
      key(`${prefix}_busbw_gbs`, skipped),
      key("event_trace_sn", traceSn),
      key("event_trace_ts", traceTs),
      key("events", unusual),
    ],
    serials: trace("sn"),
    stamps: trace("ts"),
  };
}

const coll = formOf("coll");
const p2p = formOf("p2p");
const headerKey = literal('{"header":');
const kernelEvents = literal(',"kernel_events":[');
const channelKey = literal('{"channel_id":');
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const closingBracket = 0x5d;
const closingBrace = 0x7d;

/**
 * Reads records in the form in which NCCL writes them, straight from their bytes. What is not of that form, or wrong, gives
 * undefined and is for `parseRecord`, which decides what a line means; where both read a line, they read the same.
 */
export class RecordScanner {
  readonly #job: string;
  readonly #cursor = new JsonCursor();
  readonly #origins: OriginMemory;
  #context: InspectorContext | undefined;
  #contextOrigin: Origin | undefined;
  #contextDumpedAtUs = Number.NaN;
  readonly #told: Performance = {
    name: "",
    seq: Number.NaN,
    peer: Number.NaN,
    bytes: Number.NaN,
    execUs: Number.NaN,
    timing: "unknown",
    kernelStartUs: Number.NaN,
    kernelStopUs: Number.NaN,
    enqueuedUs: Number.NaN,
  };

  constructor(job: string) {
    this.#job = job;
    this.#origins = new OriginMemory(job);
  }

  /** Of the records that come without header and metadata. */
  set context(context: InspectorContext | undefined) {
    if (context === this.#context) return;
    this.#context = context;
    const origin = context === undefined ? undefined : originOf(this.#job, context.header, context.metadata);
    this.#contextOrigin = origin === undefined || isProblem(origin) ? undefined : origin;
    const stamp = (context?.metadata as { dump_timestamp_us?: unknown } | undefined | null)?.dump_timestamp_us;
    this.#contextDumpedAtUs = typeof stamp === "number" ? stamp : Number.NaN;
  }

  scan(bytes: Buffer, start: number, end: number): InspectorRecord | undefined {
    const cursor = this.#cursor;
    cursor.over(bytes, start, end);
    const withHeader = cursor.is(headerKey);
    const origin = withHeader ? this.#origins.read(cursor) : this.#contextOrigin;
    if (origin === undefined) return undefined;
    const form = cursor.is(withHeader ? coll.afterHeader : coll.first) ? coll : p2p;
    if (form === p2p && !cursor.is(withHeader ? p2p.afterHeader : p2p.first)) return undefined;
    if (!this.#members(form) || !cursor.isByte(closingBrace) || cursor.at !== end) return undefined;
    const dumpedAtUs = withHeader ? this.#origins.dumpedAtUs : this.#contextDumpedAtUs;
    const read = recordOf(origin, this.#told, form.prefix, dumpedAtUs);
    return isProblem(read) ? undefined : read;
  }

  /** The members of the performance object, up to and with its end. */
  #members(form: Form): boolean {
    this.#forget();
    const cursor = this.#cursor;
    const keys = form.keys;
    let next = 0;
    do {
      let place = next;
      while (place < keys.length && !cursor.is(keys[place]!.literal)) place++;
      if (place < keys.length) {
        next = place + 1;
        if (!this.#value(form, keys[place]!.meaning)) return false;
      } else if (!this.#otherMember(keys, next)) return false;
    } while (cursor.isByte(comma));
    return cursor.isByte(closingBrace);
  }

  /** A member that is not known. A known key before its place makes an order that only JSON.parse knows. */
  #otherMember(keys: readonly Key[], next: number): boolean {
    const cursor = this.#cursor;
    for (let place = 0; place < next; place++) if (cursor.is(keys[place]!.literal)) return false;
    if (cursor.at >= cursor.end || cursor.bytes[cursor.at] !== quote) return false;
    return cursor.skip() && cursor.isByte(colon) && cursor.skip();
  }

  #forget(): void {
    const told = this.#told;
    told.name = "";
    told.timing = "unknown";
    told.seq = Number.NaN;
    told.peer = Number.NaN;
    told.bytes = Number.NaN;
    told.execUs = Number.NaN;
    told.kernelStartUs = Number.NaN;
    told.kernelStopUs = Number.NaN;
    told.enqueuedUs = Number.NaN;
  }

  #value(form: Form, meaning: number): boolean {
    const cursor = this.#cursor;
    const told = this.#told;
    switch (meaning) {
      case skipped:
        return cursor.skip();
      case name:
        if (!cursor.string()) return false;
        told.name = cursor.text;
        return true;
      case seq:
        told.seq = cursor.number();
        return !Number.isNaN(told.seq);
      case peer:
        told.peer = cursor.number();
        return !Number.isNaN(told.peer);
      case bytesMoved:
        told.bytes = cursor.number();
        return !Number.isNaN(told.bytes);
      case execUs:
        told.execUs = cursor.number();
        return !Number.isNaN(told.execUs);
      case timing:
        if (!cursor.string()) return false;
        told.timing = cursor.text;
        return true;
      case traceSn:
        return this.#trace(form.serials, false);
      case traceTs:
        return this.#trace(form.stamps, true);
      default:
        return false;
    }
  }

  #trace(keys: TraceKeys, stamps: boolean): boolean {
    const cursor = this.#cursor;
    if (!cursor.is(keys.start)) return false;
    const start = cursor.whole();
    if (Number.isNaN(start) || !cursor.is(keys.stop) || Number.isNaN(cursor.whole())) return false;
    if (stamps) this.#told.enqueuedUs = stampUs(start);
    if (!cursor.is(kernelEvents)) return false;
    if (!cursor.isByte(closingBracket)) {
      do {
        if (!this.#kernel(keys, stamps)) return false;
      } while (cursor.isByte(comma));
      if (!cursor.isByte(closingBracket)) return false;
    }
    return cursor.isByte(closingBrace);
  }

  #kernel({ kernel }: TraceKeys, stamps: boolean): boolean {
    const cursor = this.#cursor;
    if (!cursor.is(channelKey) || Number.isNaN(cursor.whole()) || !cursor.is(kernel[0])) return false;
    const startedAt = cursor.whole();
    if (Number.isNaN(startedAt) || !cursor.is(kernel[1])) return false;
    const stoppedAt = cursor.whole();
    if (Number.isNaN(stoppedAt) || !cursor.is(kernel[2]) || Number.isNaN(cursor.whole())) return false;
    if (stamps) {
      const told = this.#told;
      const start = stampUs(startedAt);
      const stop = stampUs(stoppedAt);
      if (!(told.kernelStartUs <= start) && start > 0) told.kernelStartUs = start;
      if (!(told.kernelStopUs >= stop) && stop > 0) told.kernelStopUs = stop;
    }
    return cursor.isByte(closingBrace);
  }
}
