/**
 * Reads one HTTP/1.1 response at a time from the bytes of a connection (RFC 9112): head, then a body by length, by
 * chunks or until the connection closes. Body bytes are handed on as they come, in the caller's own buffer.
 */
import { ScrapeError } from "./scrape-error.ts";

const MAX_HEAD_BYTES = 64 * 1024;
const HEAD_END = Buffer.from("\r\n\r\n");

export type ResponseHead = {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyMap<string, string>;
};

export type ResponseEvents = {
  head(head: ResponseHead): void;
  /** Valid only during the call. */
  body(chunk: Buffer): void;
  end(): void;
};

type State = "head" | "length" | "chunk-size" | "chunk" | "chunk-end" | "trailer" | "until-close" | "done";

export class ResponseReader {
  #events: ResponseEvents | undefined;
  #state: State = "done";
  /** Bytes of a head, chunk size or trailer line that came in pieces. */
  #held: Buffer = Buffer.alloc(0);
  #remaining = 0;
  #keepAlive = true;
  #touched = false;

  /** Expect a response; the one before must have ended. */
  begin(events: ResponseEvents): void {
    this.#events = events;
    this.#state = "head";
    this.#held = Buffer.alloc(0);
    this.#touched = false;
  }

  /** Whether the connection may carry another request once `end` was called. */
  get reusable(): boolean {
    return this.#keepAlive && this.#state === "done";
  }

  /** True until the first byte of the response has come. */
  get untouched(): boolean {
    return this.#state === "head" && !this.#touched;
  }

  /** Throws ScrapeError where the bytes are no HTTP response. */
  push(bytes: Buffer): void {
    let rest = bytes;
    this.#touched ||= bytes.length > 0;
    while (rest.length > 0) {
      if (this.#state === "done") {
        throw new ScrapeError("protocol", `${rest.length} bytes after the end of the response`);
      }
      rest = this.#step(rest);
    }
  }

  /** The peer closed. True where that ended the body properly. */
  close(): boolean {
    if (this.#state !== "until-close") return this.#state === "done";
    this.#keepAlive = false;
    this.#finish();
    return true;
  }

  #step(bytes: Buffer): Buffer {
    switch (this.#state) {
      case "head":
        return this.#head(bytes);
      case "length":
      case "chunk":
        return this.#counted(bytes);
      case "until-close":
        this.#events?.body(bytes);
        return bytes.subarray(bytes.length);
      default:
        return this.#lineOf(bytes);
    }
  }

  #head(bytes: Buffer): Buffer {
    const joined = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const end = joined.indexOf(HEAD_END);
    // Without its end yet: all but the bytes that may be part of it.
    if ((end === -1 ? joined.length - HEAD_END.length + 1 : end) > MAX_HEAD_BYTES) {
      throw new ScrapeError("protocol", `head longer than ${MAX_HEAD_BYTES} bytes`);
    }
    if (end === -1) {
      this.#held = Buffer.from(joined);
      return bytes.subarray(bytes.length);
    }
    const head = parseHead(joined.toString("latin1", 0, end));
    this.#held = Buffer.alloc(0);
    const rest = joined.subarray(end + HEAD_END.length);
    if (head.status >= 100 && head.status < 200) return rest;
    this.#startBody(head);
    return rest;
  }

  #startBody(head: ResponseHead): void {
    const connection = head.headers
      .get("connection")
      ?.toLowerCase()
      .split(/[ \t]*,[ \t]*/);
    this.#keepAlive = connection?.includes("close") !== true && head.headers.get(":version") === "1.1";
    this.#events?.head(head);
    const length = head.headers.get("content-length");
    if (head.status === 204 || head.status === 304) this.#finish();
    else if (head.headers.get("transfer-encoding")?.toLowerCase().includes("chunked")) this.#state = "chunk-size";
    else if (length === undefined) this.#state = "until-close";
    else if (!/^[0-9]{1,15}$/.test(length))
      throw new ScrapeError("protocol", `content-length ${JSON.stringify(length)}`);
    else {
      this.#state = "length";
      this.#remaining = Number(length);
      if (this.#remaining === 0) this.#finish();
    }
  }

  #counted(bytes: Buffer): Buffer {
    const part = bytes.length <= this.#remaining ? bytes : bytes.subarray(0, this.#remaining);
    this.#remaining -= part.length;
    this.#events?.body(part);
    if (this.#remaining === 0) {
      if (this.#state === "chunk") this.#state = "chunk-end";
      else this.#finish();
    }
    return bytes.subarray(part.length);
  }

  /** The line-wise parts of a chunked body: sizes, the line end after a chunk, trailers. */
  #lineOf(bytes: Buffer): Buffer {
    const end = bytes.indexOf(10);
    const part = end === -1 ? bytes : bytes.subarray(0, end + 1);
    this.#held = Buffer.concat([this.#held, part]);
    if (this.#held.length > MAX_HEAD_BYTES) throw new ScrapeError("protocol", "chunk line too long");
    if (end === -1) return bytes.subarray(bytes.length);
    const line = this.#held.toString("latin1").trim();
    this.#held = Buffer.alloc(0);
    if (this.#state === "chunk-size") this.#chunkSize(line);
    else if (this.#state === "chunk-end") {
      if (line !== "") throw new ScrapeError("protocol", "a chunk is longer than its size");
      this.#state = "chunk-size";
    } else if (line === "") this.#finish();
    return bytes.subarray(end + 1);
  }

  #chunkSize(line: string): void {
    const size = /^[0-9a-fA-F]{1,12}(?=$|[ \t;])/.exec(line)?.[0];
    if (size === undefined) throw new ScrapeError("protocol", `chunk size ${JSON.stringify(line.slice(0, 20))}`);
    this.#remaining = Number.parseInt(size, 16);
    this.#state = this.#remaining === 0 ? "trailer" : "chunk";
  }

  #finish(): void {
    this.#state = "done";
    this.#events?.end();
  }
}

/** Header names in lower case; the version of the status line stands under ":version". */
function parseHead(text: string): ResponseHead {
  const lines = text.split("\r\n");
  const status = /^HTTP\/(1\.[01]) ([0-9]{3})(?: (.*))?$/.exec(lines[0]!);
  if (!status) throw new ScrapeError("protocol", `found ${JSON.stringify(lines[0]!.slice(0, 40))}, expected HTTP/1.1`);
  const headers = new Map([[":version", status[1]!]]);
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: Number(status[2]), reason: status[3] ?? "", headers };
}
