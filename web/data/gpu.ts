import "server-only";
import { gpuBits } from "@lockstep/schemas/queries/gpu-bits";
import { gpuSeries, type OneGpuSeriesRow } from "@lockstep/schemas/queries/gpu-series";
import { type Attention, attentionList } from "../fleet/attention.ts";
import { ERROR_COUNTERS, HELD_COUNTERS } from "../fleet/catalog.ts";
import { reasonsIn } from "../fleet/clock-reasons.ts";
import { type Gpu, parseGpuKey } from "../fleet/gpu.ts";
import { extentOf, meanOf, mergeValues, riseOf, type Span, spansWhere, type Values } from "../fleet/grids.ts";
import { metricsOf } from "../fleet/quantities.ts";
import { gridOf, gridTimes, type RangeState, resolveRange } from "../url/range.ts";
import type { ChartData } from "./chart.ts";
import { readGpus, readSince } from "./fleet.ts";
import { chartsOf, gridSeriesOf, type ReadSeries, type SteadyValue } from "./gpu-charts.ts";
import { readGrids } from "./grid.ts";
import { getStore } from "./store.ts";

export type ErrorCount = {
  readonly metric: string;
  readonly words: string;
  readonly now: number | null;
  /** null: fewer than two samples in the range. */
  readonly rise: number | null;
};

/** For what share of the time something held the clocks back, percent. */
export type HeldShare = {
  readonly metric: string;
  readonly words: string;
  readonly values: Values;
  /** Over the range. */
  readonly mean: number;
  /** null: no two newest samples. */
  readonly now: number | null;
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
  readonly steady: readonly SteadyValue[];
  /** The largest share first; empty: this GPU's exporter does not say. */
  readonly held: readonly HeldShare[];
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
  const read: ReadSeries = (row) => grids.get(row.series) ?? [];
  return {
    atMs: range.toMs,
    live: range.live,
    gpu,
    attention: attentionList(gpus, since).filter((item) => item.id.endsWith(` ${key}`)),
    times,
    stepMs: grid.stepMs,
    ...chartsOf(own, read, times.length),
    held: heldShares(own, read, times.length),
    reasons: bits.reasons === null ? null : reasonSpans(bits.reasons, times.length),
    reasonsNow: gpu.values.clockReasons ?? null,
    xids: xidSpans(bits.xids, times.length),
    errors: errorsOf(own, read, times.length),
  };
}

const HOUR = 3_600_000;

/** `reasons` is null where this GPU's exporter does not tell them. */
async function readBits(rows: readonly OneGpuSeriesRow[], grid: { fromMs: number; toMs: number; stepMs: number }) {
  const idsOf = (metrics: readonly string[]) =>
    new Set(rows.filter((row) => metrics.includes(row.metric)).map((row) => row.series));
  const reasons = idsOf(metricsOf("clockReasons"));
  const xids = idsOf(metricsOf("xid"));
  const series = rows.filter((row) => reasons.has(row.series) || xids.has(row.series));
  const bits = series.length === 0 ? [] : await getStore().read(gpuBits({ series, grid }));
  return {
    reasons: reasons.size === 0 ? null : bits.filter((row) => reasons.has(row.series)),
    xids: bits.filter((row) => xids.has(row.series)),
  };
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

const PERCENT_OF_NANOSECONDS = 1e-7;

function heldShares(rows: readonly OneGpuSeriesRow[], read: ReadSeries, length: number): HeldShare[] {
  const shares = Object.entries(HELD_COUNTERS).flatMap(([metric, words]) => {
    const own = rows.filter((row) => row.metric === metric);
    // A rate is extrapolated to its window's ends, which can bring it a little above all of the time.
    const values = mergeValues(own.map(read), length, PERCENT_OF_NANOSECONDS).map((value) =>
      value === null ? null : Math.min(100, value),
    );
    const mean = meanOf(values);
    return mean === null ? [] : [{ metric, words, values, mean, now: values.at(-1) ?? values.at(-2) ?? null }];
  });
  return shares.sort((a, b) => b.mean - a.mean);
}

function errorsOf(rows: readonly OneGpuSeriesRow[], read: ReadSeries, length: number): ErrorCount[] {
  return Object.entries(ERROR_COUNTERS).flatMap(([metric, words]) => {
    const own = rows.filter((row) => row.metric === metric);
    if (own.length === 0) return [];
    const values = mergeValues(own.map(read), length, 1);
    return [{ metric, words, now: extentOf(values)?.last ?? null, rise: riseOf(values) }];
  });
}
