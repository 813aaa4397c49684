/** Comma-separated values as RFC 4180 has them, from bytes: quoted fields may hold delimiters, quotes and line breaks. */

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** A record that is longer has a quote that is not closed. */
const MAX_RECORD_BYTES = 4 * 1024 * 1024;

export type FieldSink = {
  /** Bytes [from, to) of `source` are the field's; they are overwritten later. */
  field(index: number, source: Uint8Array, from: number, to: number): void;
  /** `line` is where the record begins, from 1. */
  record(fields: number, line: number): void;
};

export class CsvError extends Error {
  override readonly name = "CsvError";
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

export class CsvRecords {
  readonly #delimiter: number;
  readonly #sink: FieldSink;
  #rest: Buffer = Buffer.alloc(0);
  #line: number;
  #unquoted = Buffer.allocUnsafe(1024);

  /** `line` of the first byte that is pushed. */
  constructor(delimiter: number, sink: FieldSink, line = 1) {
    this.#delimiter = delimiter;
    this.#sink = sink;
    this.#line = line;
  }

  /** Throws CsvError for what is no record; what the sink throws passes through. */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = this.#records(bytes, false);
    this.#rest = Buffer.from(bytes.subarray(end));
    if (this.#rest.length > MAX_RECORD_BYTES) throw this.#tooLong();
  }

  end(): void {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    if (rest.length > 0) this.#records(rest, true);
  }

  /** Returns where the first record that is not complete begins. */
  #records(bytes: Buffer, last: boolean): number {
    let at = 0;
    let quote = bytes.indexOf(QUOTE);
    while (at < bytes.length) {
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline === -1 && !last) break;
      const end = newline === -1 ? bytes.length : newline;
      if (quote !== -1 && quote < at) quote = bytes.indexOf(QUOTE, at);
      if (quote === -1 || quote > end) {
        this.#plain(bytes, at, end);
        at = end + 1;
        continue;
      }
      const next = this.#quoted(bytes, at, last);
      if (next === undefined) break;
      at = next;
    }
    return Math.min(at, bytes.length);
  }

  #plain(bytes: Buffer, from: number, newline: number): void {
    const end = newline > from && bytes[newline - 1] === RETURN ? newline - 1 : newline;
    const line = this.#line++;
    if (end === from) return;
    let index = 0;
    let start = from;
    for (let i = from; i < end; i++) {
      if (bytes[i] !== this.#delimiter) continue;
      this.#sink.field(index++, bytes, start, i);
      start = i + 1;
    }
    this.#sink.field(index++, bytes, start, end);
    this.#sink.record(index, line);
  }

  /** Where the next record begins; undefined where this one is not complete. Tells the sink only of a complete one. */
  #quoted(bytes: Buffer, from: number, last: boolean): number | undefined {
    const end = this.#endOfQuoted(bytes, from, last);
    if (end === undefined) return undefined;
    const line = this.#line;
    let index = 0;
    let at = from;
    for (;;) {
      at =
        bytes[at] === QUOTE && at < end
          ? this.#quotedField(bytes, at, end, index)
          : this.#bareField(bytes, at, end, index);
      index += 1;
      if (at >= end) break;
      if (bytes[at] !== this.#delimiter)
        throw new CsvError(line, "found text behind a closing quote, expected a delimiter");
      at += 1;
    }
    this.#sink.record(index, line);
    const breaks = end < bytes.length && bytes[end] === RETURN ? 2 : 1;
    for (let i = from; i < end; i++) if (bytes[i] === NEWLINE) this.#line += 1;
    this.#line += 1;
    return end + breaks;
  }

  /** The first line break outside of quotes. */
  #endOfQuoted(bytes: Buffer, from: number, last: boolean): number | undefined {
    let inside = false;
    for (let i = from; i < bytes.length; i++) {
      const byte = bytes[i];
      if (byte === QUOTE) inside = !inside;
      else if (byte === NEWLINE && !inside) return i > from && bytes[i - 1] === RETURN ? i - 1 : i;
    }
    if (!last) return undefined;
    if (inside) throw new CsvError(this.#line, "found a quote that is never closed");
    return bytes.length;
  }

  #bareField(bytes: Buffer, from: number, end: number, index: number): number {
    let i = from;
    while (i < end && bytes[i] !== this.#delimiter) i++;
    this.#sink.field(index, bytes, from, i);
    return i;
  }

  /** A quote inside is written twice. Returns what is behind the closing one. */
  #quotedField(bytes: Buffer, from: number, end: number, index: number): number {
    let length = 0;
    let i = from + 1;
    if (this.#unquoted.length < end - from) this.#unquoted = Buffer.allocUnsafe(2 * (end - from));
    for (; i < end; i++) {
      if (bytes[i] === QUOTE) {
        if (bytes[i + 1] !== QUOTE || i + 1 >= end) break;
        i += 1;
      }
      this.#unquoted[length++] = bytes[i]!;
    }
    this.#sink.field(index, this.#unquoted, 0, length);
    return i + 1;
  }

  #tooLong(): CsvError {
    const limit = `${MAX_RECORD_BYTES / 1024 / 1024} MB`;
    return new CsvError(
      this.#line,
      `found a record of more than ${limit}, expected a line break: is a quote not closed?`,
    );
  }
}
