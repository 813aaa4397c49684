/** One answer on its way out: headers, compression, and an end that cannot be mistaken for another. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Transform, Writable } from "node:stream";
import { constants, createBrotliCompress, createDeflate, createGzip, createZstdCompress } from "node:zlib";
import { type ClickHouseException, exceptionFrame, exceptionText, statusOf } from "../sql/exception.ts";
import { contentType } from "./formats.ts";

const GZIP_LEVEL = 3;

/** In the order in which they are preferred where a client takes several. */
const ENCODERS: readonly (readonly [string, () => Transform])[] = [
  ["zstd", () => createZstdCompress()],
  ["gzip", () => createGzip({ level: GZIP_LEVEL })],
  ["br", () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 3 } })],
  ["deflate", () => createDeflate({ level: GZIP_LEVEL })],
];

export type Summary = {
  readonly readRows?: number;
  readonly readBytes?: number;
  readonly writtenRows?: number;
  readonly writtenBytes?: number;
  readonly resultRows?: number;
  readonly resultBytes?: number;
};

export type AnswerOptions = {
  readonly queryId: string;
  readonly version: string;
  readonly timezone: string;
  /** enable_http_compression: compress as the request's Accept-Encoding allows. */
  readonly compress: boolean;
};

export class Answer {
  readonly #response: ServerResponse;
  readonly #options: AnswerOptions;
  readonly #encoding: readonly [string, () => Transform] | undefined;
  readonly #startedAt = process.hrtime.bigint();
  readonly #tag = exceptionTag();
  #encoder: Transform | undefined;
  #sink: Writable | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, options: AnswerOptions) {
    this.#response = response;
    this.#options = options;
    this.#encoding = options.compress ? chooseEncoding(request.headers["accept-encoding"]) : undefined;
  }

  /** The whole answer at once. */
  whole(body: Uint8Array, format: string, summary: Summary): void {
    this.#headers(format, summary);
    if (this.#encoding !== undefined && body.length > 0) {
      this.#openSink().end(body);
      return;
    }
    this.#response.setHeader("Content-Length", body.length);
    this.#response.end(body);
  }

  /** The next part; resolves when there is room for more. Rejects when the client is gone or `signal` aborts. */
  async part(chunk: Uint8Array, format: string, signal: AbortSignal): Promise<void> {
    if (this.#sink === undefined) {
      this.#headers(format, {});
      this.#response.setHeader("X-ClickHouse-Exception-Tag", this.#tag);
      this.#openSink();
    }
    if (!this.#sink!.write(chunk)) await once(this.#sink!, "drain", { signal });
  }

  end(): void {
    this.#sink?.end();
  }

  /** Before any part an answer with the status of the error; after it a frame in the body, and no proper end. */
  fail(error: ClickHouseException): void {
    const text = exceptionText(error, this.#options.version);
    const response = this.#response;
    if (response.destroyed) return;
    if (this.#sink === undefined) {
      this.#headers("TabSeparated", {});
      response.statusCode = statusOf(error);
      response.setHeader("Content-Type", "text/plain; charset=UTF-8");
      response.setHeader("X-ClickHouse-Exception-Code", error.code);
      response.setHeader("Content-Length", Buffer.byteLength(text));
      response.end(text);
      return;
    }
    const frame = exceptionFrame(text, this.#tag);
    // Without the last chunk of the transfer encoding, so that also a client that knows no frames sees it is cut.
    const cut = () => response.socket?.destroySoon();
    if (this.#encoder === undefined) {
      response.write(frame, cut);
      return;
    }
    this.#encoder.unpipe(response);
    this.#encoder
      .on("data", (chunk: Buffer) => response.write(chunk))
      .once("end", cut)
      .resume();
    this.#encoder.end(frame);
  }

  #headers(format: string, summary: Summary): void {
    const { queryId, timezone } = this.#options;
    const response = this.#response;
    response.setHeader("Content-Type", contentType(format));
    response.setHeader("X-ClickHouse-Server-Display-Name", "lockstep");
    response.setHeader("X-ClickHouse-Query-Id", queryId);
    response.setHeader("X-ClickHouse-Format", format);
    response.setHeader("X-ClickHouse-Timezone", timezone);
    response.setHeader("X-ClickHouse-Summary", summaryText(summary, process.hrtime.bigint() - this.#startedAt));
  }

  #openSink(): Writable {
    if (this.#encoding === undefined) {
      this.#sink = this.#response;
      return this.#sink;
    }
    const [name, create] = this.#encoding;
    this.#response.setHeader("Content-Encoding", name);
    const encoder = create();
    encoder.pipe(this.#response);
    this.#response.once("close", () => encoder.destroy());
    this.#encoder = encoder;
    this.#sink = encoder;
    return encoder;
  }
}

/** ClickHouse's own: numbers as strings. Rows of a streamed result are not known yet, and 0, when its headers go out. */
function summaryText(summary: Summary, elapsedNs: bigint): string {
  return JSON.stringify({
    read_rows: String(summary.readRows ?? 0),
    read_bytes: String(summary.readBytes ?? 0),
    written_rows: String(summary.writtenRows ?? 0),
    written_bytes: String(summary.writtenBytes ?? 0),
    total_rows_to_read: "0",
    result_rows: String(summary.resultRows ?? 0),
    result_bytes: String(summary.resultBytes ?? 0),
    elapsed_ns: String(elapsedNs),
  });
}

function chooseEncoding(accepted: string | string[] | undefined) {
  const names = String(accepted ?? "")
    .split(",")
    .filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part))
    .map((part) => part.split(";")[0]!.trim().toLowerCase());
  return ENCODERS.find(([name]) => names.includes(name));
}

/** 16 lower-case letters, not to be guessed by who writes the rows. */
function exceptionTag(): string {
  return Array.from(randomBytes(16), (byte) => String.fromCharCode(97 + (byte % 26))).join("");
}
