import "server-only";
import { LOOKBACK_MS } from "@lockstep/schemas/domain/sample";
import type { GpuSeriesRow } from "@lockstep/schemas/queries/cluster-gpu-series";
import { clusterProcesses } from "@lockstep/schemas/queries/cluster-processes";
import { clusterUp, type TargetUpRow } from "@lockstep/schemas/queries/cluster-up";
import { fleetHistory } from "@lockstep/schemas/queries/fleet-history";
import { fleetNow } from "@lockstep/schemas/queries/fleet-now";
import { type Condition, fleetSpells } from "@lockstep/schemas/queries/fleet-spells";
import { gpuLastSample } from "@lockstep/schemas/queries/gpu-last-sample";
import { assembleGpus, awaitScrape, isUnscraped } from "../fleet/assemble.ts";
import { type Attention, attentionList, type Since } from "../fleet/attention.ts";
import { isThermal, THERMAL_BITS } from "../fleet/clock-reasons.ts";
import { type Gpu, gpuKey } from "../fleet/gpu.ts";
import { FLEET_METRICS, metricsOf, QUANTITY_SOURCES, type Quantity } from "../fleet/quantities.ts";
import { spellsOf } from "../fleet/spells.ts";
import { gridOf, type RangeState, resolveRange, type TimeRange } from "../url/range.ts";
import { type ClusterStatus, readClusterStatus } from "./cluster.ts";
import { gpuIndex, KNOWN_MS } from "./gpu-index.ts";
import { getStore } from "./store.ts";

export type FleetData = {
  readonly atMs: number;
  readonly live: boolean;
  readonly gpus: readonly Gpu[];
  readonly attention: readonly Attention[];
  /** What the rest of the system is doing, told while no GPU is known yet. */
  readonly status: ClusterStatus | null;
};

/** How far back the start of a fault is looked for. */
const SINCE_WINDOW_MS = KNOWN_MS;

/** Every GPU known in the 24 hours before the end of the range, as it was at that end. */
export async function readFleet(state: RangeState, nowMs: number): Promise<FleetData> {
  const range = resolveRange(state, nowMs);
  const { gpus, series } = await readGpus(range);
  if (gpus.length === 0) {
    return { atMs: range.toMs, live: range.live, gpus, attention: [], status: await readClusterStatus(nowMs) };
  }
  const since = await readSince(gpus, series, range.toMs);
  const known = gpus.filter((gpu) => gpu.state !== "down" || !isLongGone(gpu, since, range.toMs));
  return { atMs: range.toMs, live: range.live, gpus: known, attention: attentionList(known, since), status: null };
}

/** `last_seen` is up to an hour behind, so a GPU may look known whose last sample is older than a day. */
function isLongGone(gpu: Gpu, since: ReadonlyMap<string, Since>, atMs: number): boolean {
  const start = since.get(`down ${gpu.key}`);
  return start !== undefined && start.sinceMs < atMs - KNOWN_MS;
}

export type GpuReading = {
  readonly gpus: Gpu[];
  readonly series: readonly GpuSeriesRow[];
  readonly up: readonly TargetUpRow[];
};

/** The GPUs at the end of the range, without the search for when each fault began. */
export async function readGpus(range: TimeRange): Promise<GpuReading> {
  const store = getStore();
  const [series, now, up] = await Promise.all([
    gpuIndex(range.toMs, range.live),
    store.read(fleetNow({ metrics: FLEET_METRICS, atMs: range.toMs })),
    store.read(clusterUp({ atMs: range.toMs })),
  ]);
  const gpus = assembleGpus({ series, now, up });
  const isStarting = range.live && gpus.some(isUnscraped) && (await hasJustStarted(range.toMs));
  return { gpus: isStarting ? awaitScrape(gpus) : gpus, series, up };
}

/** Within this time of its start a collector has scraped every target once, at the usual intervals of up to a minute. */
const FIRST_SCRAPES_MS = 75_000;

async function hasJustStarted(nowMs: number): Promise<boolean> {
  const processes = await getStore().read(clusterProcesses());
  return processes.some((row) => row.process === "collector" && nowMs - row.started < FIRST_SCRAPES_MS);
}

/**
 * When each fault began, by "kind key" as attentionList looks it up. Breaks of up to five minutes are disregarded: a
 * checkpoint cools a GPU down for one, and its fault is still the same.
 */
export async function readSince(
  gpus: readonly Gpu[],
  series: readonly GpuSeriesRow[],
  atMs: number,
): Promise<ReadonlyMap<string, Since>> {
  const thermal = gpus.filter((gpu) => isThermal(gpu.values.clockReasons));
  const faulty = gpus.filter((gpu) => gpu.values.xid !== undefined && gpu.values.xid !== 0);
  const down = gpus.filter((gpu) => gpu.state === "down");
  const [throttled, xid, gone] = await Promise.all([
    sinceOf("throttled", "clockReasons", { kind: "bits", bits: THERMAL_BITS }, thermal, series, atMs),
    sinceOf("xid", "xid", { kind: "nonZero" }, faulty, series, atMs),
    downSince(down, series, atMs),
  ]);
  return new Map([...throttled, ...xid, ...gone]);
}

async function sinceOf(
  kind: string,
  quantity: Quantity,
  condition: Condition,
  gpus: readonly Gpu[],
  series: readonly GpuSeriesRow[],
  atMs: number,
): Promise<[string, Since][]> {
  const wanted = seriesOf(gpus, series, new Set(metricsOf(quantity)));
  if (wanted.size === 0) return [];
  const grid = { fromMs: atMs - SINCE_WINDOW_MS, toMs: atMs, stepMs: LOOKBACK_MS };
  const rows = await getStore().read(fleetSpells({ scope: { series: [...wanted.values()] }, condition, grid }));
  const keys = new Map([...wanted].map(([id, row]) => [id, gpuKeyOf(row)]));
  return [...Map.groupBy(rows, (row) => keys.get(row.series))].flatMap(([key, parts]) => {
    const spell = spellsOf(parts, LOOKBACK_MS).at(-1);
    if (key === undefined || spell === undefined) return [];
    return [[`${kind} ${key}`, { sinceMs: spell.fromMs, earlier: spell.fromMs - grid.fromMs < LOOKBACK_MS }]];
  });
}

async function downSince(
  gpus: readonly Gpu[],
  series: readonly GpuSeriesRow[],
  atMs: number,
): Promise<[string, Since][]> {
  const metrics = [...metricsOf("temperature"), ...metricsOf("utilisation")];
  const wanted = seriesOf(gpus, series, new Set(metrics));
  if (wanted.size === 0) return [];
  const options = { series: [...wanted.values()], atMs, windowMs: KNOWN_MS + 3_600_000 };
  const found = new Map<string, Since>();
  for (const row of await getStore().read(gpuLastSample(options))) {
    const series = wanted.get(row.series);
    if (series === undefined) continue;
    const key = `down ${gpuKeyOf(series)}`;
    const earlier = found.get(key);
    if (earlier === undefined || earlier.sinceMs < row.ts) found.set(key, { sinceMs: row.ts, earlier: false });
  }
  return [...found];
}

/** By series id. */
function seriesOf(
  gpus: readonly Gpu[],
  series: readonly GpuSeriesRow[],
  metrics: ReadonlySet<string>,
): Map<string, GpuSeriesRow> {
  const keys = new Set(gpus.map((gpu) => gpu.key));
  const own = series.filter((row) => metrics.has(row.metric) && keys.has(gpuKeyOf(row)));
  return new Map(own.map((row) => [row.series, row]));
}

function gpuKeyOf(row: GpuSeriesRow): string {
  return gpuKey(row.uuid, row.instanceId);
}

export type FleetHistory = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly points: readonly {
    readonly ts: number;
    readonly low: number | null;
    readonly median: number | null;
    readonly high: number | null;
    readonly top: number | null;
    readonly total: number | null;
  }[];
};

export const HISTORY_QUANTITIES = ["utilisation", "temperature", "power", "smClock", "memoryUsed"] as const;
export type HistoryQuantity = (typeof HISTORY_QUANTITIES)[number];

/** The fleet's spread over the range, from the quantity's first source that has samples. */
export async function readFleetHistory(
  state: RangeState,
  quantity: HistoryQuantity,
  nowMs: number,
): Promise<FleetHistory> {
  const range = resolveRange(state, nowMs);
  const grid = gridOf(range);
  const series = await gpuIndex(range.toMs, range.live);
  const present = new Set(series.map((row) => row.metric));
  const source = QUANTITY_SOURCES[quantity].find((candidate) => present.has(candidate.metric));
  if (source === undefined) return { ...grid, points: [] };
  const rows = await getStore().read(fleetHistory({ metric: source.metric, grid }));
  const scaled = (value: number | null) => (value === null ? null : value * source.scale);
  const points = rows.map((row) => ({
    ts: row.ts,
    low: scaled(row.low),
    median: scaled(row.median),
    high: scaled(row.high),
    top: scaled(row.top),
    total: scaled(row.total),
  }));
  return { ...grid, points };
}
