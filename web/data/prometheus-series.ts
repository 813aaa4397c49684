import type { LabelsParams, SeriesParams } from "@lockstep/schemas/api/prometheus";
import { seriesLabelNames, seriesLabels, seriesLabelValues } from "@lockstep/schemas/queries/series-labels";
import { ApiError, badParameter } from "./prometheus-error.ts";
import { successBody } from "./prometheus-json.ts";
import { readLabelRows } from "./prometheus-labels-kept.ts";
import type { QuerySource } from "./prometheus-query.ts";
import { parseSelectors } from "./prometheus-selection.ts";

const MAX_SERIES = 100_000;
const MAX_NAMES = 100_000;
const CUT = "there is more than the limit asked for; the result is cut there";
/** Bounds of time where only one is given: what a DateTime64(3) holds. */
const EARLIEST_MS = Date.UTC(1900, 0, 1);
const LATEST_MS = Date.UTC(2299, 11, 31);

type Source = Pick<QuerySource, "store" | "options">;

/** Label sets of the selected series; where a time is given, of those that have a sample in it (both ends included). */
export async function series(source: Source, params: SeriesParams): Promise<Generator<string>> {
  const selectors = parseSelectors(params["match[]"]);
  const timed = params.start !== undefined || params.end !== undefined;
  const within = timed
    ? {
        selectors,
        afterMs: (params.start ?? EARLIEST_MS) - 1,
        untilMs: params.end ?? LATEST_MS,
      }
    : undefined;
  const bytes = await source.store.readBinary(seriesLabels(selectors, within, MAX_SERIES + 1), source.options);
  const sets = [...readLabelRows(bytes)].map(([, labels]) => labels);
  if (sets.length > MAX_SERIES) throw tooMuch(MAX_SERIES, "series");
  sets.sort();
  return list(sets, params.limit);
}

/** Names of the labels that the selected series have; with no selector, that any series has. */
export async function labelNames(source: Source, params: LabelsParams): Promise<Generator<string>> {
  const selectors = parseSelectors(params["match[]"]);
  const period = { startMs: params.start, endMs: params.end };
  const rows = await source.store.read(seriesLabelNames(selectors, period, MAX_NAMES + 1), source.options);
  if (rows.length > MAX_NAMES) throw tooMuch(MAX_NAMES, "label names");
  return list(
    rows.map((row) => JSON.stringify(row.name)),
    params.limit,
  );
}

export async function labelValues(source: Source, name: string, params: LabelsParams): Promise<Generator<string>> {
  const label = unescapeLabelName(name);
  if (label === undefined || label === "") throw badParameter("name", `${JSON.stringify(name)} is no label name`);
  const selectors = parseSelectors(params["match[]"]);
  const period = { startMs: params.start, endMs: params.end };
  const rows = await source.store.read(seriesLabelValues(label, selectors, period, MAX_NAMES + 1), source.options);
  if (rows.length > MAX_NAMES) throw tooMuch(MAX_NAMES, "values");
  return list(
    rows.map((row) => JSON.stringify(row.value)),
    params.limit,
  );
}

/**
 * A label name in a path may come in Prometheus' "values" escaping: `U__` before it, `__` for `_`, `_2e_` for the
 * character U+002E. undefined where that is broken.
 */
export function unescapeLabelName(name: string): string | undefined {
  if (!name.startsWith("U__")) return name;
  const parts = name.slice(3).match(/[^_]+|__|_[0-9a-fA-F]{1,6}_/g) ?? [];
  if (parts.join("") !== name.slice(3)) return undefined;
  let text = "";
  for (const part of parts) {
    const code = part.startsWith("_") && part !== "__" ? Number.parseInt(part.slice(1, -1), 16) : undefined;
    if (code !== undefined && (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))) return undefined;
    text += part === "__" ? "_" : code === undefined ? part : String.fromCodePoint(code);
  }
  return text;
}

function tooMuch(limit: number, what: string): ApiError {
  return new ApiError("execution", `there are more than ${limit} ${what}: select fewer with match[]`);
}

function list(items: readonly string[], limit: number | undefined): Generator<string> {
  const count = limit === undefined || limit === 0 ? items.length : limit;
  const data = `[${items.slice(0, count).join(",")}]`;
  return successBody([data], count < items.length ? [CUT] : []);
}
