/** Opens a file of rows by what is in it: compressed or not; Parquet, JSON lines or CSV. */
import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { StartError, systemCode } from "../../start/start-error.ts";
import { csvSource } from "./csv-source.ts";
import { jsonLinesSource } from "./json-lines-source.ts";
import { parquetSource } from "./parquet-source.ts";
import type { RowSource } from "./row-source.ts";

/** Where names and types are looked for. */
const HEAD_BYTES = 256 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/** What the readers of text are given. */
export type TextFile = {
  /** As the person wrote it. */
  readonly name: string;
  readonly size: number;
  /** Of the content, decompressed and without a byte order mark. */
  readonly head: Buffer;
  /** All of the content, from its beginning. `onBytes`: of the file, as it lies there. */
  readonly content: (onBytes: (bytes: number) => void) => AsyncGenerator<Buffer>;
};

/** Rejects with StartError: what the file is instead. */
export async function openRows(name: string, path: string): Promise<RowSource> {
  const size = sizeOf(name, path);
  if (size === 0) throw wrong(name, "found an empty file, expected rows");
  const start = firstBytes(path, 4);
  if (start.toString("latin1") === "PAR1") return parquetSource(name, path, size);
  const gzipped = start[0] === 0x1f && start[1] === 0x8b;
  const content = (onBytes: (bytes: number) => void) => withoutMark(bytesOf(name, path, gzipped, onBytes));
  const head = await headOf(content);
  checkText(name, head);
  const file: TextFile = { name, size, head, content };
  return /^\s*\{/.test(head.toString("latin1")) ? jsonLinesSource(file) : csvSource(file);
}

export function wrong(name: string, message: string, cause?: unknown): StartError {
  return new StartError(`${name}: ${message}`, { exitCode: 2, ...(cause !== undefined && { cause }) });
}

function sizeOf(name: string, path: string): number {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw wrong(name, "is no file; name files of rows");
    return stat.size;
  } catch (error) {
    if (error instanceof StartError) throw error;
    const code = systemCode(error);
    throw wrong(name, code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`, error);
  }
}

function firstBytes(path: string, length: number): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

async function* bytesOf(
  name: string,
  path: string,
  gzipped: boolean,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  let read = 0;
  file.on("data", (chunk) => {
    read += chunk.length;
    onBytes(read);
  });
  const content: Readable = gzipped ? file.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : file;
  // A stream does not hand its errors on to what it is piped into.
  if (gzipped) file.on("error", (error) => content.destroy(error));
  try {
    yield* content as AsyncIterable<Buffer>;
  } catch (error) {
    const code = systemCode(error);
    const why = code === "Z_BUF_ERROR" ? "its gzip ends too early: is it cut off?" : String((error as Error).message);
    throw wrong(name, why, error);
  } finally {
    file.destroy();
  }
}

/** The byte order mark of UTF-8 is no part of the first column's name. */
async function* withoutMark(content: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of content) {
    const marked = first && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    first = false;
    yield marked ? chunk.subarray(3) : chunk;
  }
}

async function headOf(content: TextFile["content"]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of content(() => undefined)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= HEAD_BYTES) break;
  }
  return Buffer.concat(chunks);
}

function checkText(name: string, head: Buffer): void {
  if (head.length === 0) throw wrong(name, "found nothing in it, expected rows");
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    throw wrong(name, "found UTF-16, expected UTF-8: convert it with `iconv -f UTF-16 -t UTF-8`");
  }
  if (head.includes(0))
    throw wrong(name, "found bytes that are no text, expected CSV, JSON lines or Parquet (.gz too)");
}
