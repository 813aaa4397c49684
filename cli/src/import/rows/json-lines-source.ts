/** JSON lines: an object a line; a key that is absent or null is a missing value. */
import { type TextFile, wrong } from "./open-rows.ts";
import type { RowBlock } from "./row-block.ts";
import type { ReadRowsOptions, RowSource } from "./row-source.ts";

const NEWLINE = 0x0a;
const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** Columns are the keys of the lines at the file's beginning. Throws StartError where these are no objects. */
export function jsonLinesSource(file: TextFile): RowSource {
  const columns = new Set<string>();
  const end = file.head.lastIndexOf(NEWLINE);
  const lines = file.head.toString("utf8", 0, end === -1 ? file.head.length : end).split("\n");
  lines.forEach((text, i) => {
    if (text.trim() !== "") for (const key of Object.keys(objectOf(file, text, i + 1))) columns.add(key);
  });
  return { format: "JSON lines", columns: [...columns], size: file.size, read: (options) => read(file, options) };
}

function objectOf(file: TextFile, text: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(
      file.name,
      `line ${line}: found ${JSON.stringify(text.slice(0, 80))}, expected one JSON object a line`,
      error,
    );
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(file.name, `line ${line}: found ${JSON.stringify(text.slice(0, 80))}, expected a JSON object`);
}

async function* read(file: TextFile, { wanted, block, onBytes }: ReadRowsOptions): AsyncGenerator<RowBlock> {
  let current = block();
  let number = 0;
  for await (const line of linesOf(file, onBytes)) {
    number += 1;
    const text = line.toString("utf8");
    if (text.trim() === "") continue;
    const object = objectOf(file, text, number);
    for (const [i, name] of wanted.entries()) putText(current, i, Object.hasOwn(object, name) ? object[name] : null);
    current.endRow(number);
    if (!current.isFull) continue;
    yield current;
    current = block();
  }
  if (current.rows > 0) yield current;
}

/** A value of JSON or Parquet as a field of text; null and undefined are empty. */
export function putText(block: RowBlock, column: number, value: unknown): void {
  const bytes = Buffer.from(textOf(value), "utf8");
  block.put(column, bytes, 0, bytes.length);
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : value.toISOString();
  if (typeof value === "object")
    return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part));
  return String(value);
}

async function* linesOf(file: TextFile, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of file.content(onBytes)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, at)) {
      yield bytes.subarray(at, end);
      at = end + 1;
    }
    rest = Buffer.from(bytes.subarray(at));
    if (rest.length > MAX_LINE_BYTES) {
      throw wrong(
        file.name,
        `found a line of more than ${MAX_LINE_BYTES / 1024 / 1024} MB, expected one JSON object a line`,
      );
    }
  }
  if (rest.length > 0) yield rest;
}
