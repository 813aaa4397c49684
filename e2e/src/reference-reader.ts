/**
 * A second, plain reader of the text format, written apart from packages/formats so that one can judge the other.
 * Slow, and only as clever as recorded pages need.
 */

/** Keyed by the label set as JSON of its sorted pairs, `__name__` among them. */
export type ReadPage = {
  readonly values: Map<string, number>;
  /** Numbers, from 1, of lines that are no sample, comment or blank. */
  readonly badLines: number[];
  /** Keys whose value is a blank sentinel of DCGM. */
  readonly blanks: Set<string>;
};

export function labelsKey(labels: Iterable<readonly [string, string]>): string {
  return JSON.stringify([...labels].filter(([, value]) => value !== "").sort(([a], [b]) => (a < b ? -1 : 1)));
}

const sampleLine = /^\s*([a-zA-Z_:][\w:]*)\s*(\{.*\})?\s*(.+?)\s*$/;
const label = /^\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/;
const valueAndTime = /^([+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|Inf|inf)|NaN|nan)(?:\s+(-?\d+))?$/;
const int64Blank = /^922337203685477579[2-5](\.0*)?$/;
const blankTexts = [
  "ERROR - FAILED TO CONVERT TO STRING",
  "<<<NULL>>>",
  "<<<NOT_FOUND>>>",
  "<<<NOT_SUPPORTED>>>",
  "<<<NOT_PERM>>>",
];

/** `added` are the labels the scrape adds; an exposed label of the same name becomes `exported_NAME`. */
export function readReference(page: string, added: Readonly<Record<string, string>>): ReadPage {
  const read: ReadPage = { values: new Map(), badLines: [], blanks: new Set() };
  for (const [index, line] of page.split("\n").entries()) {
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
    const sample = readSample(line, added);
    if (sample === undefined) read.badLines.push(index + 1);
    else if (sample.value === undefined) read.blanks.add(sample.key);
    // The first of two samples of the same series in a page counts, as in Prometheus.
    else if (!read.values.has(sample.key)) read.values.set(sample.key, sample.value);
  }
  return read;
}

function readSample(line: string, added: Readonly<Record<string, string>>) {
  const [, name, braces, rest] = sampleLine.exec(line) ?? [];
  if (name === undefined || rest === undefined) return undefined;
  const labels = new Map<string, string>();
  for (let text = (braces ?? "{}").slice(1, -1).trim(); text !== ""; ) {
    const [all, key, value] = label.exec(text) ?? [];
    if (all === undefined || key === undefined || value === undefined) return undefined;
    labels.set(Object.hasOwn(added, key) ? `exported_${key}` : key, unescapeValue(value));
    text = text.slice(all.length).trim();
  }
  for (const [key, value] of Object.entries(added)) labels.set(key, value);
  labels.set("__name__", name);
  const key = labelsKey(labels);
  const isDcgm = name.startsWith("DCGM_");
  if (isDcgm && (int64Blank.test(rest) || blankTexts.includes(rest))) return { key, value: undefined };
  const number = valueAndTime.exec(rest)?.[1];
  if (number === undefined) return undefined;
  const value = Number(number.replace(/inf/i, "Infinity").replace(/^nan$/i, "NaN"));
  const isBlank = isDcgm && [2147483632, 140737488355328].some((first) => value >= first && value < first + 4);
  return { key, value: isBlank ? undefined : value };
}

function unescapeValue(value: string): string {
  return value.replace(/\\(.)/g, (all, character: string) => ({ n: "\n", '"': '"', "\\": "\\" })[character] ?? all);
}
