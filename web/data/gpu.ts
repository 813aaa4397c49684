import "server-only";
import { gpuBits } from "@lockstep/schemas/queries/gpu-bits";
import { gpuSeries, type OneGpuSeriesRow } from "@lockstep/schemas/queries/gpu-series";
import { type Attention, attentionList } from "../fleet/attention.ts";
import { CHARTS, type ChartSpec, DECODED_METRICS, ERROR_COUNTERS, isCounter, type LineSpec } from "../fleet/catalog.ts";
import { reasonsIn } from "../fleet/clock-reasons.ts";
import { type Gpu, parseGpuKey } from "../fleet/gpu.ts";
import { extentOf, hasValue, mergeValues, riseOf, type Span, spansWhere, type Values } from "../fleet/grids.ts";
import { metricsOf } from "../fleet/quantities.ts";
import { gridOf, gridTimes, type RangeState, resolveRange } from "../url/range.ts";
import type { ChartData } from "./chart.ts";
import { readGpus, readSince } from "./fleet.ts";
import { type GridSeries, readGrids } from "./grid.ts";
import { getStore } from "./store.ts";

export type ErrorCount = {
  readonly metric: string;
  readonly words: string;
  readonly now: number | null;
  /** null: fewer than two samples in the range. */
  readonly rise: number | null;
};

/** When a reason held the clocks back: spans of positions on the page's grid. */
export type ReasonSpans = {
  readonly words: string;
  readonly thermal: boolean;
  readonly idle: boolean;
  readonly spans: readonly Span[];
};

export type GpuData = {
  readonly atMs: number;
  readonly live: boolean;
  readonly gpu: Gpu;
  readonly attention: readonly Attention[];
  readonly times: readonly number[];
  readonly stepMs: number;
  readonly charts: readonly ChartData[];
  /** null: this GPU's exporter does not say. */
  readonly reasons: readonly ReasonSpans[] | null;
  readonly reasonsNow: number | null;
  readonly xids: readonly { readonly code: number; readonly span: Span }[];
  readonly errors: readonly ErrorCount[];
};

/** null: no such GPU was seen in the 24 hours before the end of the range. */
export async function readGpu(key: string, state: RangeState, nowMs: number): Promise<GpuData | null> {
  const range = resolveRange(state, nowMs);
  const { uuid, instanceId } = parseGpuKey(key);
  const [{ gpus, series }, all] = await Promise.all([readGpus(range), getStore().read(gpuSeries({ uuid }))]);
  const gpu = gpus.find((candidate) => candidate.key === key);
  if (gpu === undefined) return null;
  const own = all.filter(
    (row) => (row.labels["GPU_I_ID"] ?? null) === instanceId && row.lastSeen >= range.fromMs - HOUR,
  );
  const grid = gridOf(range);
  const [grids, bits, since] = await Promise.all([
    readGrids(own.flatMap(gridSeriesOf), grid),
    readBits(own, grid),
    readSince([gpu], series, range.toMs),
  ]);
  const times = gridTimes(grid);
  const read = (row: OneGpuSeriesRow) => grids.get(row.series) ?? [];
  return {
    atMs: range.toMs,
    live: range.live,
    gpu,
    attention: attentionList(gpus, since).filter((item) => item.id.endsWith(` ${key}`)),
    times,
    stepMs: grid.stepMs,
    charts: chartsOf(own, read, times.length),
    reasons: bits.reasons === null ? null : reasonSpans(bits.reasons, times.length),
    reasonsNow: gpu.values.clockReasons ?? null,
    xids: xidSpans(bits.xids, times.length),
    errors: errorsOf(own, read, times.length),
  };
}

const HOUR = 3_600_000;

const LINES: ReadonlyMap<string, LineSpec> = new Map(
  CHARTS.flatMap((chart) => chart.lines.map((line) => [line.metric, line] as const)),
);

function lineOf(row: OneGpuSeriesRow): LineSpec {
  return LINES.get(row.metric) ?? { metric: row.metric, name: row.metric, scale: 1, behaviour: "byType" };
}

function gridSeriesOf(row: OneGpuSeriesRow): GridSeries[] {
  if (DECODED_METRICS.has(row.metric)) return [];
  const counts = row.metric in ERROR_COUNTERS;
  const kind = !counts && isCounter(lineOf(row), row.type) ? "rate" : "last";
  return [{ metric: row.metric, series: row.series, kind }];
}

function chartsOf(
  rows: readonly OneGpuSeriesRow[],
  read: (row: OneGpuSeriesRow) => Values,
  length: number,
): ChartData[] {
  const known = CHARTS.flatMap((chart) => chartOf(chart, rows, read, length));
  const named = new Set([...LINES.keys(), ...DECODED_METRICS, ...Object.keys(ERROR_COUNTERS)]);
  const rest = Map.groupBy(
    rows.filter((row) => !named.has(row.metric)),
    (row) => row.metric,
  );
  return [...known, ...[...rest].flatMap(([metric, own]) => otherChart(metric, own, read, length))];
}

function chartOf(
  chart: ChartSpec,
  rows: readonly OneGpuSeriesRow[],
  read: (row: OneGpuSeriesRow) => Values,
  length: number,
): ChartData[] {
  const lines = chart.lines.flatMap((line) => {
    const own = rows.filter((row) => row.metric === line.metric);
    const values = mergeValues(own.map(read), length, line.scale);
    if (!hasValue(values)) return [];
    if (line.quietAtZero && values.every((value) => value === null || value === 0)) return [];
    return [{ name: line.name, values }];
  });
  return lines.length === 0 ? [] : [{ id: chart.id, group: chart.group, title: chart.title, unit: chart.unit, lines }];
}

const MAX_LINES = 8;

/** A metric the catalogue does not know: its series as they are, told apart by the labels in which they differ. */
function otherChart(
  metric: string,
  rows: readonly OneGpuSeriesRow[],
  read: (row: OneGpuSeriesRow) => Values,
  length: number,
): ChartData[] {
  const counter = rows.some((row) => row.type === "counter");
  const lines = rows
    .slice(0, MAX_LINES)
    .map((row) => ({ name: distinctLabels(row, rows), values: mergeValues([read(row)], length, 1) }))
    .filter((line) => hasValue(line.values));
  if (lines.length === 0) return [];
  return [{ id: metric, group: "other", title: metric, unit: counter ? "perSecond" : "count", lines }];
}

function distinctLabels(row: OneGpuSeriesRow, rows: readonly OneGpuSeriesRow[]): string {
  const differing = Object.keys(row.labels).filter((name) =>
    rows.some((other) => other.labels[name] !== row.labels[name]),
  );
  return differing.map((name) => `${name}=${row.labels[name]}`).join(" ") || "value";
}

async function readBits(rows: readonly OneGpuSeriesRow[], grid: { fromMs: number; toMs: number; stepMs: number }) {
  const ask = async (metrics: readonly string[]) => {
    const series = rows.filter((row) => metrics.includes(row.metric)).map((row) => row.series);
    return series.length === 0 ? null : await getStore().read(gpuBits({ metrics, series, grid }));
  };
  const [reasons, xids] = await Promise.all([ask(metricsOf("clockReasons")), ask(metricsOf("xid"))]);
  return { reasons, xids: xids ?? [] };
}

type Bits = readonly { readonly position: number; readonly bits: number }[];

function reasonSpans(rows: Bits, length: number): ReasonSpans[] {
  const at = new Map<number, number>();
  for (const row of rows) at.set(row.position, (at.get(row.position) ?? 0) | row.bits);
  const all = [...at.values()].reduce((seen, bits) => seen | bits, 0);
  return reasonsIn(all).map((reason) => ({
    words: reason.words,
    thermal: reason.kind === "thermal",
    idle: reason.kind === "idle",
    spans: spansWhere(length, (position) => ((at.get(position) ?? 0) & reason.bit) !== 0),
  }));
}

/** Codes that are or-ed together in one step of a long range are no codes: those steps are left out. */
function xidSpans(rows: Bits, length: number): { code: number; span: Span }[] {
  const at = new Map(rows.map((row) => [row.position, row.bits]));
  const codes = [...new Set(at.values())].filter((code) => code !== 0);
  return codes.flatMap((code) =>
    spansWhere(length, (position) => at.get(position) === code).map((span) => ({ code, span })),
  );
}

function errorsOf(
  rows: readonly OneGpuSeriesRow[],
  read: (row: OneGpuSeriesRow) => Values,
  length: number,
): ErrorCount[] {
  return Object.entries(ERROR_COUNTERS).flatMap(([metric, words]) => {
    const own = rows.filter((row) => row.metric === metric);
    if (own.length === 0) return [];
    const values = mergeValues(own.map(read), length, 1);
    return [{ metric, words, now: extentOf(values)?.last ?? null, rise: riseOf(values) }];
  });
}
