import { parseQuery } from "@lockstep/promql/query";
import type { InstantQueryParams, RangeQueryParams } from "@lockstep/schemas/api/prometheus";
import { LOOKBACK_MS } from "@lockstep/schemas/domain/sample";
import {
  prometheusInstant,
  prometheusRange,
  prometheusSamples,
  type RangeSteps,
  type SampleScope,
} from "@lockstep/schemas/queries/prometheus";
import type { SeriesSelector } from "@lockstep/schemas/queries/series-matchers";
import type { ReadOptions, Store } from "@lockstep/store/client";
import { RowBinaryReader } from "@lockstep/store/row-binary";
import { ApiError } from "./prometheus-error.ts";
import { readGridPoint } from "./prometheus-grid-point.ts";
import { formatTimestamp, formatValue, successBody } from "./prometheus-json.ts";
import { type KeptLabels, labelsOf } from "./prometheus-labels-kept.ts";
import { parsedAs } from "./prometheus-selection.ts";

export type QuerySource = {
  readonly store: Pick<Store, "read" | "readBinary">;
  readonly kept: KeptLabels;
  /** Ends the reading when whoever asked is gone, or after the time they gave it. */
  readonly options?: ReadOptions;
};

/** Bounds of one answer: about 120 MB of JSON, streamed from 36 MB of binary. */
const MAX_SERIES = 100_000;
const MAX_POINTS = 4_000_000;
/** A sample in a row of its own is dearer than a point of a grid; the store gives at most a million rows. */
const MAX_SAMPLES = 900_000;
const LONGEST_SECONDS = 60;

/** `timeout` may shorten the time a query has, or lengthen it to a minute. ClickHouse counts whole seconds. */
function timed(source: QuerySource, timeoutMs: number | undefined): QuerySource {
  if (timeoutMs === undefined) return source;
  const timeoutSeconds = Math.min(Math.max(Math.ceil(timeoutMs / 1000), 1), LONGEST_SECONDS);
  return { ...source, options: { ...source.options, timeoutSeconds } };
}

/** Series at one moment; for a selector with a range, their samples in it. Gives the pieces of the JSON answer. */
export async function instantQuery(
  source: QuerySource,
  params: InstantQueryParams,
  nowMs: number,
): Promise<Generator<string>> {
  const query = parsedAs("query", params.query, parseQuery);
  const untilMs = params.time ?? nowMs;
  const windowMs = query.kind === "matrix" ? query.rangeMs : (params.lookback_delta ?? LOOKBACK_MS);
  const selectors = [query.selector.matchers];
  const scope: SampleScope = { selectors, afterMs: untilMs - windowMs, untilMs };
  const read = query.kind === "matrix" ? rawSamples : newest;
  return read(timed(source, params.timeout), scope, params.limit);
}

async function newest(source: QuerySource, scope: SampleScope, limit: number | undefined) {
  const bytes = await source.store.readBinary(prometheusInstant(scope, MAX_SERIES + 1), source.options);
  const values = new Map<bigint, number>();
  for (const row = new RowBinaryReader(bytes); !row.done; ) values.set(row.u64(), row.f64());
  const at = formatTimestamp(scope.untilMs);
  const result = await labelled(source, scope, values, limit);
  return answer("vector", result, ([labels, value]) => `{"metric":${labels},"value":[${at},"${formatValue(value)}"]}`);
}

/** Where the samples of a series lie in the answer of ClickHouse. */
type Run = { readonly from: number; readonly count: number };

async function rawSamples(source: QuerySource, scope: SampleScope, limit: number | undefined) {
  const bytes = await source.store.readBinary(prometheusSamples(scope, MAX_SAMPLES + 1), source.options);
  const rowBytes = 24;
  if (bytes.length / rowBytes > MAX_SAMPLES) throw tooMuch(`more than ${MAX_SAMPLES} samples`);
  const runs = new Map<bigint, Run>();
  for (let from = 0; from < bytes.length; ) {
    const id = bytes.readBigUInt64LE(from);
    let end = from + rowBytes;
    while (end < bytes.length && bytes.readBigUInt64LE(end) === id) end += rowBytes;
    runs.set(id, { from, count: (end - from) / rowBytes });
    from = end;
  }
  const result = await labelled(source, scope, runs, limit);
  return answer("matrix", result, ([labels, run]) => {
    const row = new RowBinaryReader(bytes, run.from);
    const points = Array.from({ length: run.count }, () => {
      row.u64();
      return `[${formatTimestamp(row.int64())},"${formatValue(row.f64())}"]`;
    });
    return `{"metric":${labels},"values":[${points.join(",")}]}`;
  });
}

/** The newest sample within the look-back at every step, as the pieces of the JSON answer. */
export async function rangeQuery(source: QuerySource, params: RangeQueryParams): Promise<Generator<string>> {
  const parsed = parsedAs("query", params.query, parseQuery);
  if (parsed.kind === "matrix") {
    throw new ApiError("bad_data", 'invalid parameter "query": found a selector with a range, expected one without');
  }
  const steps = Math.floor((params.end - params.start) / params.step) + 1;
  const grid: RangeSteps = {
    startMs: params.start,
    endMs: params.start + (steps - 1) * params.step,
    stepMs: params.step,
  };
  const selectors: SeriesSelector[] = [parsed.selector.matchers];
  const lookbackMs = params.lookback_delta ?? LOOKBACK_MS;
  const maxSeries = Math.min(MAX_SERIES, Math.floor(MAX_POINTS / steps));
  const limited = timed(source, params.timeout);
  const query = prometheusRange(selectors, grid, lookbackMs, maxSeries + 1);
  const bytes = await limited.store.readBinary(query, limited.options);
  const runs = readGrids(bytes);
  if (runs.series > maxSeries) throw tooMuch(`more than ${maxSeries} series of ${steps} points`);
  const scope: SampleScope = { selectors, afterMs: grid.startMs - lookbackMs, untilMs: grid.endMs };
  const result = await labelled(limited, scope, runs.present, params.limit);
  return answer("matrix", result, ([labels, run]) => `{"metric":${labels},"values":[${gridPoints(bytes, run, grid)}]}`);
}

/** Series that have a point at all, and how many series there are with those that have none. */
function readGrids(bytes: Buffer): { series: number; present: Map<bigint, Run> } {
  const present = new Map<bigint, Run>();
  let series = 0;
  for (const row = new RowBinaryReader(bytes); !row.done; series++) {
    const id = row.u64();
    const count = row.length();
    const from = row.position;
    let points = 0;
    for (let i = 0; i < count; i++) if (readGridPoint(row, bytes) !== undefined) points++;
    if (points > 0) present.set(id, { from, count });
  }
  return { series, present };
}

function gridPoints(bytes: Buffer, run: Run, grid: RangeSteps): string {
  const row = new RowBinaryReader(bytes, run.from);
  const points: string[] = [];
  for (let i = 0; i < run.count; i++) {
    const value = readGridPoint(row, bytes);
    if (value !== undefined)
      points.push(`[${formatTimestamp(grid.startMs + i * grid.stepMs)},"${formatValue(value)}"]`);
  }
  return points.join(",");
}

function tooMuch(found: string): ApiError {
  return new ApiError("execution", `the query gives ${found}: select fewer series, a shorter time or a longer step`);
}

type Labelled<T> = { readonly rows: readonly [labels: string, value: T][]; readonly truncated: boolean };

/** Puts label sets to series, sorted by them. `limit` 0 is none, as in Prometheus. */
async function labelled<T>(
  source: QuerySource,
  scope: SampleScope,
  bySeries: ReadonlyMap<bigint, T>,
  limit: number | undefined,
): Promise<Labelled<T>> {
  if (bySeries.size > MAX_SERIES) throw tooMuch(`more than ${MAX_SERIES} series`);
  const labels = await labelsOf(source, [...bySeries.keys()], scope);
  const rows = [...bySeries].map(([id, value]): [string, T] => {
    const set = labels.get(id);
    if (set === undefined) throw new Error(`series ${id} has samples in ClickHouse and no row in table series`);
    return [set, value];
  });
  rows.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  const kept = limit === undefined || limit === 0 ? rows.length : limit;
  return { rows: rows.slice(0, kept), truncated: kept < rows.length };
}

function answer<T>(resultType: string, result: Labelled<T>, write: (row: [string, T]) => string): Generator<string> {
  function* data() {
    yield `{"resultType":"${resultType}","result":[`;
    let separator = "";
    for (const row of result.rows) {
      yield separator + write(row);
      separator = ",";
    }
    yield "]}";
  }
  return successBody(
    data(),
    result.truncated ? ["there is more than the limit asked for; the result is cut there"] : [],
  );
}
