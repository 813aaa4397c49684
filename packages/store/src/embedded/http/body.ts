/** A request's body: decompressed, read into memory up to a bound, or into a file. */
import { open } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { pipeline, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { ClickHouseException } from "../sql/exception.ts";

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** Chunks of the decompressed body. Throws ClickHouseException for an encoding that is unknown or does not hold. */
export async function* decodedBody(request: IncomingMessage): AsyncGenerator<Buffer> {
  const encoding = request.headers["content-encoding"]?.toLowerCase() ?? "identity";
  if (encoding === "identity") {
    yield* request as AsyncIterable<Buffer>;
    return;
  }
  const decoder = DECODERS[encoding];
  if (decoder === undefined) {
    const known = Object.keys(DECODERS).join(", ");
    throw new ClickHouseException(89, "UNKNOWN_COMPRESSION_METHOD", `Content-Encoding ${encoding}; known are ${known}`);
  }
  const decoded = decoder();
  // The error reaches the reader of `decoded`, which is where it is told.
  pipeline(request, decoded, () => undefined);
  try {
    yield* decoded as AsyncIterable<Buffer>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ClickHouseException(354, "ZLIB_INFLATE_FAILED", `the body is not ${encoding}: ${reason}`, {
      cause: error,
    });
  }
}

export type BodyStart = {
  readonly head: Buffer;
  /** What is behind the head; read once. */
  readonly rest: AsyncIterator<Buffer>;
  /** There may be more than the head. */
  readonly more: boolean;
};

/** Reads until `limit` bytes are there or the body ends. */
export async function readStart(body: AsyncIterable<Buffer>, limit: number): Promise<BodyStart> {
  const rest = body[Symbol.asyncIterator]();
  const chunks: Buffer[] = [];
  let length = 0;
  while (length < limit) {
    const { value, done } = await rest.next();
    if (done === true) return { head: joined(chunks), rest, more: false };
    chunks.push(value);
    length += value.length;
  }
  return { head: joined(chunks), rest, more: true };
}

/** Reads all of it. Throws ClickHouseException where it is longer than `limit` bytes. */
export async function readAll(body: AsyncIterable<Buffer>, limit: number): Promise<Buffer> {
  const { head, more } = await readStart(body, limit + 1);
  if (more) throw tooLong(`a body of more than ${limit} bytes`);
  return head;
}

export function tooLong(what: string): ClickHouseException {
  return new ClickHouseException(307, "TOO_MANY_BYTES", `Request too large: ${what}`);
}

function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

const WRITE_BYTES = 1024 * 1024;

/** Writes `first` and all of `rest` into a new file; resolves with its size. Throws where it exceeds `limit` bytes. */
export async function writeToFile(
  path: string,
  first: Buffer,
  rest: AsyncIterator<Buffer>,
  limit: number,
): Promise<number> {
  const file = await open(path, "wx", 0o600);
  let size = 0;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const flush = async () => {
    if (pendingBytes === 0) return;
    const { bytesWritten } = await file.writev(pending);
    if (bytesWritten < pendingBytes) throw diskFull();
    pending = [];
    pendingBytes = 0;
  };
  try {
    let next: IteratorResult<Buffer> = { done: false, value: first };
    while (next.done !== true) {
      size += next.value.length;
      if (size > limit) throw tooLong(`data of more than ${limit} bytes in one INSERT`);
      pending.push(next.value);
      pendingBytes += next.value.length;
      if (pendingBytes >= WRITE_BYTES) await flush();
      next = await rest.next();
    }
    await flush();
    return size;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    throw code === "ENOSPC" || code === "EDQUOT" ? diskFull(error) : error;
  } finally {
    await file.close();
  }
}

function diskFull(cause?: unknown): ClickHouseException {
  return new ClickHouseException(243, "NOT_ENOUGH_SPACE", "the disk is full", { cause });
}
