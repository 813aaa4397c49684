/** Dead letters as a person reads them. */
import { checkBlock } from "@lockstep/formats/native";
import type { DeadLetter } from "@lockstep/log/log";
import { BLOCK_TABLES, type BlockTable } from "@lockstep/schemas/blocks/tables";
import { firstRows } from "./native-rows.ts";

export type ListedLetter = Omit<DeadLetter, "message"> & { readonly message?: DeadLetter["message"] };

const SHOWN_ROWS = 10;
const SHOWN_BYTES = 256;
const BYTES_A_LINE = 16;
const MAX_CELL = 100;

/** One line a letter under a head; numbers to the right. */
export function listText(letters: readonly ListedLetter[]): string[] {
  const head = ["ID", "LAID ASIDE", "FROM", "ROWS", "BYTES", "PRODUCER", "REASON"];
  const rows = letters.map((letter) => [
    letter.id,
    new Date(letter.laidAsideAt).toISOString(),
    fromText(letter),
    letter.message === undefined ? "?" : String(letter.message.rows),
    letter.message === undefined ? "?" : String(letter.message.block.length),
    letter.message?.producer || "?",
    printable(letter.reason),
  ]);
  return table([head, ...rows], new Set([3, 4]));
}

/** All that is known of one letter: what it is, why it lies there, and its first rows, or bytes. */
export function letterText(letter: DeadLetter): string[] {
  const { message } = letter;
  const facts: [string, string][] = [
    ["id", letter.id],
    ["laid aside", new Date(letter.laidAsideAt).toISOString()],
    ["from", fromText(letter)],
    ["reason", printable(letter.reason)],
    ["table", printable(message.table)],
    ["version", message.version < 0 ? "unknown: its envelope cannot be read" : String(message.version)],
    ["rows", String(message.rows)],
    ["bytes", String(message.block.length)],
    ["producer", message.producer || "unknown"],
    ["sequence", message.sequence < 0 ? "unknown" : String(message.sequence)],
  ];
  if (message.scrapedAt !== undefined) facts.push(["scraped", new Date(message.scrapedAt).toISOString()]);
  return [...facts.map(([name, value]) => `${name.padEnd(11)} ${value}`), "", ...contentText(message)];
}

function contentText({ table: name, version, rows, block }: DeadLetter["message"]): string[] {
  const known: BlockTable | undefined = Object.hasOwn(BLOCK_TABLES, name) ? BLOCK_TABLES[name] : undefined;
  if (known === undefined || known.version !== version) {
    const what =
      known === undefined ? "no table of this version" : `version ${version}, this Lockstep reads ${known.version}`;
    return [`Its columns are not known (${what}); its first bytes:`, ...hexDump(block)];
  }
  try {
    checkBlock(known, rows, block);
    return rowsText(known, block);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [`It is no whole block (${printable(why)}); its first bytes:`, ...hexDump(block)];
  }
}

function rowsText(known: BlockTable, block: Uint8Array): string[] {
  const { rows, values } = firstRows(known, block, SHOWN_ROWS);
  const shown = Math.min(rows, SHOWN_ROWS);
  const head = known.columns.map(({ name, type }) => `${name} ${type}`);
  const lines = Array.from({ length: shown }, (_, row) => values.map((column) => cut(printable(column[row] ?? ""))));
  return [`The first ${shown} of ${rows} rows:`, ...table([head, ...lines], new Set())];
}

/** Offset, bytes in hex, and what of them is ASCII. */
export function hexDump(bytes: Uint8Array, limit = SHOWN_BYTES): string[] {
  const shown = bytes.subarray(0, limit);
  const lines: string[] = [];
  for (let at = 0; at < shown.length; at += BYTES_A_LINE) {
    const part = [...shown.subarray(at, at + BYTES_A_LINE)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const ascii = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(BYTES_A_LINE * 3 - 1)}  ${ascii}`);
  }
  if (bytes.length > limit) lines.push(`... ${bytes.length - limit} bytes more`);
  return lines.length === 0 ? ["(it is empty)"] : lines;
}

function fromText({ topic, partition, message }: ListedLetter): string {
  return `${printable(topic)}/${partition}${message === undefined ? "" : ` @${message.offset}`}`;
}

function table(rows: readonly (readonly string[])[], right: ReadonlySet<number>): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (right.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}

/** What is broken may hold anything, a terminal's escape sequences too. */
function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}/gu, (char) =>
    JSON.stringify(char)
      .slice(1, -1)
      .replace(/^[^\\]$/, "�"),
  );
}

function cut(text: string): string {
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}...` : text;
}
