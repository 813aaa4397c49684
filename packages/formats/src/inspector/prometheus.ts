import { type LineProblem, shown } from "../collective-lines/line-problem.ts";

export type InspectorSample = {
  readonly metric: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
};

const perOperation = ["coll_sn", "p2p_sn", "timestamp"] as const;
const maxLine = 1 << 16;
const maxLabels = 64;
const maxProblems = 100;

/**
 * The labels without those that NCCL Inspector 2.29 (and later ones when verbose) changes with every operation, each of which
 * would begin a new series. Other families than nccl_* keep theirs.
 */
export function seriesLabels(metric: string, labels: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if (!metric.startsWith("nccl_") || !perOperation.some((label) => labels.has(label))) return labels;
  const kept = new Map(labels);
  for (const label of perOperation) kept.delete(label);
  return kept;
}

/**
 * Reads the .prom file that NCCL Inspector writes in Prometheus mode, labels of single operations taken out. Its label values
 * are not escaped: a quote ends a value only where the next label or the end of the labels follows. Lines that cannot be read
 * are left out and told, the first 100 of them.
 */
export function readInspectorProm(text: string): {
  readonly samples: InspectorSample[];
  readonly problems: LineProblem[];
} {
  const samples: InspectorSample[] = [];
  const problems: LineProblem[] = [];
  let line = 0;
  for (let from = 0; from < text.length; ) {
    const feed = text.indexOf("\n", from);
    const to = feed < 0 ? text.length : feed;
    line++;
    const read = readLine(text.slice(from, Math.min(to, from + maxLine + 1)));
    if (typeof read === "string") {
      if (problems.length < maxProblems)
        problems.push({
          line,
          field: "line",
          found: shown(text.slice(from, Math.min(to, from + 200))),
          expected: read,
        });
    } else if (read !== undefined) samples.push(read);
    from = to + 1;
  }
  return { samples, problems };
}

/** undefined: nothing stands in the line; a text: what was expected. */
function readLine(line: string): InspectorSample | string | undefined {
  if (line.length > maxLine) return `at most ${maxLine} characters`;
  const trimmed = line.trim();
  if (trimmed === "" || trimmed.startsWith("#")) return undefined;
  const open = trimmed.indexOf("{");
  const close = trimmed.lastIndexOf("}");
  if (open < 1 || close < open) return "a metric with labels in braces";
  const metric = trimmed.slice(0, open);
  if (!/^[a-zA-Z_:][\w:]*$/.test(metric)) return "a metric's name before the brace";
  const labels = readLabels(trimmed.slice(open + 1, close));
  if (typeof labels === "string") return labels;
  const value = sampleValue(trimmed.slice(close + 1));
  if (value === undefined) return "one number behind the labels";
  return { metric, labels: seriesLabels(metric, labels), value };
}

function readLabels(body: string): Map<string, string> | string {
  const labels = new Map<string, string>();
  let at = 0;
  while (at < body.length) {
    const name = /([a-zA-Z_]\w*)\s*=\s*"/y;
    name.lastIndex = at;
    const found = name.exec(body);
    if (found === null) return `a label and its value at character ${at + 1} of the labels`;
    const valueEnd = /"\s*(?:,\s*(?=[a-zA-Z_]\w*\s*=\s*")|,?\s*$)/g;
    valueEnd.lastIndex = name.lastIndex;
    const end = valueEnd.exec(body);
    if (end === null) return `the end of label ${found[1]}`;
    labels.set(found[1]!, body.slice(name.lastIndex, end.index));
    if (labels.size > maxLabels) return `at most ${maxLabels} labels`;
    at = valueEnd.lastIndex;
  }
  return labels;
}

/** The number of "12.5" or, with a time behind it, "12.5 1700000000000". */
function sampleValue(text: string): number | undefined {
  const [value = "", ...rest] = text.trim().split(/\s+/);
  if (rest.length > 1 || (rest[0] !== undefined && !/^-?\d+$/.test(rest[0]))) return undefined;
  if (/^[+-]?nan$/i.test(value)) return Number.NaN;
  if (/^[+-]?inf(inity)?$/i.test(value)) return value.startsWith("-") ? -Infinity : Infinity;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : undefined;
}
