/**
 * One line of the text format 0.0.4, read the slow and careful way; page-reader.ts remembers the outcome.
 *
 *     metric_name [ "{" label "=" '"' value '"' { "," ... } [ "," ] "}" ] value [ timestamp ]
 *
 * Also read: the quoted names of UTF-8 expositions, and label values whose exporter did not escape its quotes.
 */
import { METRIC_NAME } from "@lockstep/schemas/domain/labels";

export type ParsedLine = {
  readonly labels: Map<string, string>;
  /** Where the value begins in the text. */
  readonly valueAt: number;
};

export class LineError extends Error {
  override readonly name = "LineError";
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const SPACE = 32;
const TAB = 9;
/** A label value whose quotes and backslashes are escaped, up to and with the closing quote. */
const ESCAPED = /"[^"\\]*(?:\\.[^"\\]*)*"/y;
/** What may follow a closing quote: the end of the set, or a comma before another label or the end. */
const AFTER_VALUE =
  /[ \t]*(?:\}|,[ \t]*(?:\}|[a-zA-Z_][a-zA-Z0-9_]*[ \t]*=[ \t]*"|"[^"\\]*(?:\\.[^"\\]*)*"[ \t]*[=,}]))/y;

/** Reads name and labels of a sample line (no line end). Throws LineError with column, found and expected. */
export function parseSeries(text: string): ParsedLine {
  const labels = new Map<string, string>();
  let at = skipBlanks(text, 0);
  const name = match(NAME, text, at);
  if (name !== undefined) {
    labels.set(METRIC_NAME, name);
    at += name.length;
  } else if (text[at] !== "{") {
    throw unexpected(text, at, "a metric name");
  }
  const nameEnd = at;
  at = skipBlanks(text, at);
  const braces = text[at] === "{";
  if (braces) at = parseLabels(text, at + 1, labels);
  if (!labels.has(METRIC_NAME)) throw unexpected(text, at, "a metric name");
  const valueAt = skipBlanks(text, at);
  if (valueAt >= text.length) throw unexpected(text, valueAt, "a value");
  if (!braces && valueAt === nameEnd) throw unexpected(text, at, "a blank before the value");
  return { labels, valueAt };
}

/** From after "{" to after "}". */
function parseLabels(text: string, from: number, labels: Map<string, string>): number {
  let at = skipBlanks(text, from);
  while (text[at] !== "}") {
    const quoted = text[at] === '"' ? match(ESCAPED, text, at) : undefined;
    const label = quoted ?? match(LABEL, text, at);
    if (label === undefined) throw unexpected(text, at, "a label name");
    const name = quoted === undefined ? label : unescapeValue(quoted.slice(1, -1));
    at = skipBlanks(text, at + label.length);
    if (text[at] === "=") {
      at = skipBlanks(text, at + 1);
      const end = valueEnd(text, at);
      if (labels.has(name)) throw new LineError(`column ${at + 1}: label ${name} stands twice`);
      labels.set(name, unescapeValue(text.slice(at + 1, end - 1)));
      at = end;
    } else if (quoted !== undefined && !labels.has(METRIC_NAME)) {
      labels.set(METRIC_NAME, name);
    } else {
      throw unexpected(text, at, `"=" after label ${name}`);
    }
    at = skipBlanks(text, at);
    if (text[at] === ",") at = skipBlanks(text, at + 1);
    else if (text[at] !== "}") throw unexpected(text, at, '"," or "}"');
  }
  return at + 1;
}

/**
 * The index after the quote that closes the value opened at `at`. A quote that is not followed by what may follow a
 * value belongs to the value: dcgm-exporter does not escape.
 */
function valueEnd(text: string, at: number): number {
  if (text[at] !== '"') throw unexpected(text, at, "a quoted label value");
  const escaped = match(ESCAPED, text, at);
  if (escaped !== undefined && follows(text, at + escaped.length)) return at + escaped.length;
  for (let quote = text.indexOf('"', at + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    const next = skipBlanks(text, quote + 1);
    if (text[next] === "}" ? endsWithValue(text, next) : follows(text, quote + 1)) return quote + 1;
    // A comma that no label follows: rather a damaged line than a value that happens to hold one.
    if (text[next] === ",") throw unexpected(text, next + 1, "a label name");
  }
  throw new LineError(`column ${at + 1}: found a label value without its closing quote`);
}

function follows(text: string, at: number): boolean {
  AFTER_VALUE.lastIndex = at;
  return AFTER_VALUE.test(text);
}

/** Whether the brace at `at` closes the label set: what comes after it can be a value. */
function endsWithValue(text: string, at: number): boolean {
  return /[-+.0-9a-zA-Z<]/.test(text[skipBlanks(text, at + 1)] ?? "");
}

const ESCAPES: Readonly<Record<string, string>> = { "\\\\": "\\", '\\"': '"', "\\n": "\n" };

function unescapeValue(value: string): string {
  return value.includes("\\") ? value.replace(/\\[\\"n]/g, (pair) => ESCAPES[pair]!) : value;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === SPACE || text.charCodeAt(at) === TAB) at++;
  return at;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function unexpected(text: string, at: number, expected: string): LineError {
  const found = at >= text.length ? "the end of the line" : JSON.stringify(text.slice(at, at + 20));
  return new LineError(`column ${at + 1}: found ${found}, expected ${expected}`);
}

const COMMENT = /^#[ \t]+(TYPE|UNIT)[ \t]+("(?:[^"\\]|\\.)*"|\S+)[ \t]+(\S+)[ \t]*$/;

/** What a comment line says of a family, where it says its type or unit; HELP and free comments say nothing. */
export function parseComment(text: string): { family: string; kind: "type" | "unit"; value: string } | undefined {
  const found = COMMENT.exec(text);
  if (!found) return undefined;
  const family = found[2]!.startsWith('"') ? unescapeValue(found[2]!.slice(1, -1)) : found[2]!;
  return { family, kind: found[1] === "TYPE" ? "type" : "unit", value: found[3]! };
}
