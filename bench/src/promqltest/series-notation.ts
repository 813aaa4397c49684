/** One series of a test file: its labels, and its values in the notation `1+2x3 _ stale NaN`. */
import { fromEntries, type Labels } from "@lockstep/promql/engine/labels";
import { stringValue } from "@lockstep/promql/parse/string";

/** A value of a sequence; `histogram` stands for any native histogram. */
export type SequenceValue =
  | { readonly kind: "value"; readonly value: number }
  | { readonly kind: "stale" | "omitted" | "histogram" };

export type SeriesLine = { readonly labels: Labels; readonly values: readonly SequenceValue[] };

/** Throws SyntaxError with what is wrong. */
export function parseSeries(line: string): SeriesLine {
  const { labels, rest } = parseMetric(line);
  return { labels, values: parseSequence(rest) };
}

const LABEL =
  /\s*(?:([a-zA-Z_][\w]*|"(?:[^"\\]|\\.)*")\s*=\s*)?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)\s*(,|(?=\}))/y;

/** The labels at the start of `line`, and what follows them. */
export function parseMetric(line: string): { labels: Labels; rest: string } {
  const entries: [string, string][] = [];
  const name = /^[a-zA-Z_:][\w:]*/.exec(line)?.[0];
  if (name !== undefined) entries.push(["__name__", name]);
  let at = name?.length ?? 0;
  const braces = /\s*\{(?!\{)/y;
  braces.lastIndex = at;
  if (!braces.test(line)) {
    if (name === undefined) throw new SyntaxError(`found ${JSON.stringify(line)}, expected a series`);
    return { labels: fromEntries(entries), rest: line.slice(at) };
  }
  at = braces.lastIndex;
  while (line[at] !== "}") {
    LABEL.lastIndex = at;
    const label = LABEL.exec(line);
    if (label === null) {
      const end = /\s*\}/y;
      end.lastIndex = at;
      if (!end.test(line)) throw new SyntaxError(`found ${JSON.stringify(line.slice(at))}, expected a label or }`);
      at = end.lastIndex - 1;
      continue;
    }
    const key = label[1] === undefined ? "__name__" : label[1].startsWith('"') ? unquote(label[1]) : label[1];
    entries.push([key, unquote(label[2]!)]);
    at = LABEL.lastIndex;
  }
  return { labels: fromEntries(new Map(entries)), rest: line.slice(at + 1) };
}

export function unquote(literal: string): string {
  const read = stringValue(literal);
  if ("fault" in read) throw new SyntaxError(`${literal}: ${read.fault}`);
  return read.value;
}

const NUMBER = String.raw`[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[iI]nf|INF|[nN]a[nN]|NAN)`;
const HISTOGRAM = String.raw`\{\{[^}]*\}\}`;
const ITEM = new RegExp(
  `\\s*(?:_(?:x(?<gaps>\\d+))?|stale(?:x(?<stales>\\d+))?|` +
    `(?<base>${NUMBER})(?:(?<delta>[+-]${NUMBER.slice(5)})?x(?<times>\\d+))?|` +
    `${HISTOGRAM}(?:(?:[+-]${HISTOGRAM})?x(?<histograms>\\d+))?)(?=\\s|$)`,
  "y",
);

/** Throws SyntaxError at the first item that is none. */
export function parseSequence(text: string): SequenceValue[] {
  const values: SequenceValue[] = [];
  const end = text.trimEnd().length;
  for (let at = 0; at < end; at = ITEM.lastIndex) {
    ITEM.lastIndex = at;
    const item = ITEM.exec(text);
    if (item === null) throw new SyntaxError(`found ${JSON.stringify(text.slice(at).trim())}, expected values`);
    push(values, item);
  }
  return values;
}

function push(values: SequenceValue[], item: RegExpExecArray): void {
  const { gaps, stales, base, delta, times, histograms } = item.groups!;
  const written = item[0].trimStart();
  const repeat = (count: number, kind: "stale" | "omitted" | "histogram") => {
    for (let i = 0; i < count; i++) values.push({ kind });
  };
  if (written.startsWith("_")) repeat(Number(gaps ?? 1), "omitted");
  else if (written.startsWith("stale")) repeat(Number(stales ?? 0) + 1, "stale");
  else if (written.startsWith("{{")) repeat(Number(histograms ?? 0) + 1, "histogram");
  else {
    let value = parseNumber(base!)!;
    const step = delta === undefined ? 0 : parseNumber(delta)!;
    for (let i = 0; i <= Number(times ?? 0); i++) {
      values.push({ kind: "value", value });
      value += step;
    }
  }
}

/** A number alone, as a test file writes it; undefined where the text is none. */
export function parseNumber(text: string): number | undefined {
  const lower = text.trim().toLowerCase();
  if (/^[+-]?inf$/.test(lower)) return lower.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^[+-]?nan$/.test(lower)) return Number.NaN;
  if (/^[+-]?0x[0-9a-f]+$/.test(lower)) return Number.parseInt(lower, 16);
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/.test(lower) ? Number(lower) : undefined;
}
