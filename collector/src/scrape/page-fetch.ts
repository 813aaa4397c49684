/** Fetches a target's page: kept connection, redirects, gzip, size bound. The time bound is the caller's `abort`. */
import { createGunzip, gunzipSync } from "node:zlib";
import type { ScrapeConfig } from "@lockstep/config/config";
import { Connection } from "./connection.ts";
import { originOf } from "./origin.ts";
import { requestHead } from "./request.ts";
import type { ResponseHead } from "./response-reader.ts";
import { ScrapeError } from "./scrape-error.ts";

const MAX_REDIRECTS = 10;
/** Pages up to this size are unpacked at once, without a trip to the thread pool; more would hold up other targets. */
const UNPACK_AT_ONCE_BYTES = 2 * 2 ** 20;

export type FetchOptions = {
  readonly url: string;
  readonly scrape: ScrapeConfig;
  readonly timeoutMs: number;
  /** Bound of the unpacked page. */
  readonly maxBodyBytes: number;
};

type Packed = { chunks: Buffer[]; bytes: number };

/** One page under way. */
type Fetch = {
  readonly onBody: (chunk: Buffer) => void;
  aborted: Error | undefined;
  /** Ends the exchange that is being waited for. */
  stop: (reason: Error) => void;
};

export class PageFetch {
  readonly #options: FetchOptions;
  readonly #url: URL;
  #connection: Connection | undefined;
  #head: string | undefined;
  #fetch: Fetch | undefined;

  constructor(options: FetchOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
  }

  /** Hands the page on in pieces (valid only during the call) and resolves to its size in bytes, unpacked. */
  async fetch(onBody: (chunk: Buffer) => void): Promise<number> {
    const fetch: Fetch = { onBody, aborted: undefined, stop: () => {} };
    this.#fetch = fetch;
    // A new connection reads the certificate files again: they may have been rotated.
    if (!this.#connection?.isOpen) {
      this.#connection = new Connection(await originOf(this.#url, this.#options.scrape.tls));
    }
    const head = this.#head ?? (await requestHead(this.#url, this.#options.scrape, this.#options.timeoutMs, true));
    if (!readsFiles(this.#options.scrape)) this.#head = head;
    return this.#follow(this.#connection, this.#url, head, fetch, 0);
  }

  /** Makes the page under way reject with `reason`. */
  abort(reason: Error): void {
    if (this.#fetch === undefined) return;
    this.#fetch.aborted = reason;
    this.#fetch.stop(reason);
  }

  async #follow(connection: Connection, url: URL, head: string, fetch: Fetch, redirects: number): Promise<number> {
    const bound = new BodyBound(this.#options.maxBodyBytes, fetch.onBody);
    const answer = await exchange(connection, head, bound, fetch);
    if (!isRedirect(answer.head) || !this.#options.scrape.followRedirects) {
      if (answer.head.status !== 200) {
        throw new ScrapeError(
          "status",
          `server returned HTTP status ${answer.head.status} ${answer.head.reason}`.trim(),
        );
      }
      if (answer.packed !== undefined) await unpack(answer.packed, bound, fetch);
      return bound.bytes;
    }
    return this.#redirect(answer.head, url, fetch, redirects);
  }

  async #redirect(head: ResponseHead, from: URL, fetch: Fetch, redirects: number): Promise<number> {
    if (redirects === MAX_REDIRECTS) throw new ScrapeError("status", `more than ${MAX_REDIRECTS} redirects`);
    const location = head.headers.get("location") ?? "";
    const to = URL.parse(location, from.href);
    if (to === null || (to.protocol !== "http:" && to.protocol !== "https:")) {
      throw new ScrapeError("status", `redirected to ${JSON.stringify(location)}, which is no http or https address`);
    }
    const there = new Connection(await originOf(to, this.#options.scrape.tls));
    try {
      const downgrade = this.#url.protocol === "https:" && to.protocol === "http:";
      const trusted = to.host === this.#url.host && !downgrade;
      const next = await requestHead(to, this.#options.scrape, this.#options.timeoutMs, trusted);
      return await this.#follow(there, to, next, fetch, redirects + 1);
    } finally {
      there.close();
    }
  }

  close(): void {
    this.#connection?.close();
  }
}

function readsFiles({ basicAuth, authorization, httpHeaders }: ScrapeConfig): boolean {
  return (
    basicAuth?.usernameFile !== undefined ||
    basicAuth?.passwordFile !== undefined ||
    authorization?.credentialsFile !== undefined ||
    [...httpHeaders.values()].some(({ files }) => files.length > 0)
  );
}

function isRedirect({ status, headers }: ResponseHead): boolean {
  return [301, 302, 303, 307, 308].includes(status) && headers.has("location");
}

class BodyBound {
  bytes = 0;
  readonly #max: number;
  readonly #onBody: (chunk: Buffer) => void;

  constructor(max: number, onBody: (chunk: Buffer) => void) {
    this.#max = max;
    this.#onBody = onBody;
  }

  take(chunk: Buffer): void {
    this.#count(chunk.length);
    this.#onBody(chunk);
  }

  /** Packed bytes count on their own: no page is smaller unpacked than a thousandth of what came. */
  check(packedBytes: number): void {
    if (packedBytes > this.#max) this.#tooBig();
  }

  #count(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.#max) this.#tooBig();
  }

  #tooBig(): never {
    throw new ScrapeError("too_big", `body size limit exceeded: the page has more than ${this.#max} bytes`);
  }
}

type Answer = { head: ResponseHead; packed: Packed | undefined };

/** One request and its answer; plain bodies of status 200 stream into `bound`, packed ones are kept, others dropped. */
function exchange(connection: Connection, request: string, bound: BodyBound, fetch: Fetch): Promise<Answer> {
  if (fetch.aborted !== undefined) return Promise.reject(fetch.aborted);
  return new Promise((resolve, reject) => {
    let head: ResponseHead | undefined;
    let packed: Packed | undefined;
    fetch.stop = (reason) => {
      connection.close();
      reject(reason);
    };
    connection.send(
      request,
      {
        head(found) {
          head = found;
          if (found.headers.get("content-encoding")?.toLowerCase() === "gzip") packed = { chunks: [], bytes: 0 };
        },
        body(chunk) {
          if (head?.status !== 200) return;
          if (packed === undefined) {
            bound.take(chunk);
            return;
          }
          packed.bytes += chunk.length;
          bound.check(packed.bytes);
          packed.chunks.push(Buffer.from(chunk));
        },
        end: () => resolve({ head: head!, packed }),
      },
      reject,
    );
  });
}

async function unpack(packed: Packed, bound: BodyBound, fetch: Fetch): Promise<void> {
  const whole = unpackAtOnce(packed);
  if (whole !== undefined) {
    bound.take(whole);
    return;
  }
  const gunzip = createGunzip();
  for (const chunk of packed.chunks) gunzip.write(chunk);
  gunzip.end();
  try {
    for await (const chunk of gunzip) {
      if (fetch.aborted !== undefined) throw fetch.aborted;
      bound.take(chunk as Buffer);
    }
  } catch (error) {
    throw asGzipError(error);
  } finally {
    gunzip.destroy();
  }
}

function unpackAtOnce(packed: Packed): Buffer | undefined {
  if (packed.bytes > UNPACK_AT_ONCE_BYTES) return undefined;
  try {
    return gunzipSync(Buffer.concat(packed.chunks), { maxOutputLength: UNPACK_AT_ONCE_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw asGzipError(error);
  }
}

function asGzipError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (typeof code !== "string" || !/^Z_|^ERR_.*ZLIB/.test(code)) return error;
  return new ScrapeError("protocol", `gzip body: ${(error as Error).message}`, { cause: error });
}
