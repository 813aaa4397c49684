import "server-only";
import { modelPageEvents } from "@lockstep/schemas/queries/model-page-events";
import { modelPagePerformance } from "@lockstep/schemas/queries/model-page-performance";
import { modelPageReplicas } from "@lockstep/schemas/queries/model-page-replicas";
import { modelPageTraffic } from "@lockstep/schemas/queries/model-page-traffic";
import { modelPageWindows } from "@lockstep/schemas/queries/model-page-windows";
import { modelsBaselines } from "@lockstep/schemas/queries/models-baselines";
import { modelsFindings } from "@lockstep/schemas/queries/models-findings";
import { modelsLatency } from "@lockstep/schemas/queries/models-latency";
import { type ModelFinding, modelFinding } from "../models/finding-view.ts";
import { type Latency, latenciesOf } from "../models/latency.ts";
import { type Mark, marksOf } from "../models/marks.ts";
import { type PerformanceLines, performanceLines } from "../models/performance-lines.ts";
import {
  type RankedFeature,
  type ReplicaState,
  rankedFeatures,
  replicaStates,
  type VersionState,
  versionStates,
} from "../models/ranking.ts";
import { type Per, perOf } from "../models/rate.ts";
import { pointsOf, spread, stretchOf } from "../models/stretch.ts";
import type { RangeState } from "../url/range.ts";
import type { ChartLine } from "./chart.ts";
import { modelSeen } from "./models-index.ts";
import { getStore } from "./store.ts";

export type ModelData = {
  /** When it was read; from when to when it reaches. Unix ms. */
  readonly atMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly live: boolean;
  /** Older windows than the chosen range asks for are shown. */
  readonly widened: boolean;
  readonly stepMs: number;
  readonly model: string;
  readonly lastMs: number;
  readonly times: readonly number[];
  /** Open ones first. */
  readonly findings: readonly ModelFinding[];
  /** The one that moved most first. */
  readonly features: readonly RankedFeature[];
  readonly featuresCut: boolean;
  readonly versions: readonly VersionState[];
  readonly replicas: readonly ReplicaState[];
  readonly performance: PerformanceLines | null;
  /** Rows in a second, minute, hour or day, by version; of all of them at the newest point. */
  readonly traffic: { readonly per: Per; readonly lines: readonly ChartLine[]; readonly newest: number | null };
  readonly latencies: readonly Latency[];
  readonly marks: readonly Mark[];
  readonly hasTraining: boolean;
};

const MAX_SERIES = 2000;
const MAX_FINDINGS = 200;
const MAX_PERFORMANCE = 5000;
const MAX_EVENTS = 100;
const MAX_TRAFFIC = 500;
const MAX_LATENCIES = 500;
const MAX_LINES = 6;
const NOW_WINDOWS = 3;
/** What was not judged for longer is no more. */
const JUDGED_WINDOWS = 24;
const MAX_REPLICAS = 200;

/** null: nothing was ever heard of a model of that name. */
export async function readModel(model: string, state: RangeState, nowMs: number): Promise<ModelData | null> {
  const seen = await modelSeen(model, nowMs);
  if (seen === null) return null;
  const stretch = stretchOf(state, seen, nowMs);
  const { fromMs, toMs, stepMs } = stretch;
  const times = pointsOf(stretch);
  const store = getStore();
  const range = { model, fromMs, toMs };
  const endMs = Math.min(seen.lastAt, toMs);
  const newestMs = Math.max(fromMs, Math.floor(endMs - JUDGED_WINDOWS * seen.windowMs));
  const grid = { ...range, stepMs, newestMs };
  const [windows, replicas, traffic, performance, found, events, baselines, latency] = await Promise.all([
    store.read(modelPageWindows({ ...grid, limit: MAX_SERIES })),
    store.read(modelPageReplicas({ ...grid, limit: MAX_REPLICAS })),
    store.read(modelPageTraffic({ ...grid, limit: MAX_TRAFFIC })),
    store.read(modelPagePerformance({ ...range, limit: MAX_PERFORMANCE })),
    store.read(modelsFindings({ ...range, limit: MAX_FINDINGS })),
    store.read(modelPageEvents({ ...range, limit: MAX_EVENTS })),
    store.read(modelsBaselines({ model })),
    store.read(
      modelsLatency({
        of: [{ model, fromMs: Math.floor(endMs - NOW_WINDOWS * seen.windowMs) }],
        toMs,
        limit: MAX_LATENCIES,
      }),
    ),
  ]);
  const findings = found.map(modelFinding).map((finding) => asOf(finding, toMs));
  const rowsOf = new Map<string, number>();
  for (const { version, rows } of traffic) rowsOf.set(version, (rowsOf.get(version) ?? 0) + sum(rows));
  const lines = trafficLines(traffic, times.length, stepMs);
  return {
    atMs: nowMs,
    fromMs,
    toMs,
    live: stretch.live,
    widened: stretch.widened,
    stepMs,
    model,
    lastMs: seen.lastAt,
    times,
    findings,
    features: rankedFeatures(windows, findings, { fromMs, stepMs, points: times.length }),
    featuresCut: windows.length >= MAX_SERIES,
    versions: versionStates(seen.versions, rowsOf, windows),
    replicas: replicaStates(replicas, times.length),
    performance: performanceLines(performance, { fromMs, stepMs, points: times.length }),
    traffic: inUnit(lines),
    latencies: latenciesOf(latency),
    marks: marksOf(events, seen.versions, fromMs, toMs),
    hasTraining: baselines.length > 0,
  };
}

/** What was closed only after the stretch was open in it. */
export function asOf(finding: ModelFinding, toMs: number): ModelFinding {
  return finding.closedMs !== null && finding.closedMs > toMs ? { ...finding, closedMs: null } : finding;
}

function inUnit(lines: readonly ChartLine[]): ModelData["traffic"] {
  const most = Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const { per, seconds } = perOf(most);
  const scaled = lines.map(({ name, values }) => ({
    name,
    values: values.map((value) => (value === null ? null : value * seconds)),
  }));
  return { per, lines: scaled, newest: newestSum(scaled) };
}

type TrafficRow = { readonly version: string; readonly places: readonly number[]; readonly rows: readonly number[] };

/** By version, over its replicas; those with most rows where there are more than can be drawn. */
function trafficLines(rows: readonly TrafficRow[], points: number, stepMs: number): ChartLine[] {
  return [...Map.groupBy(rows, ({ version }) => version)].slice(0, MAX_LINES).map(([version, own]) => {
    const values = new Array<number | null>(points).fill(null);
    for (const row of own) {
      const line = spread(row.places, row.rows, points);
      for (const [at, value] of line.entries()) {
        if (value !== null) values[at] = (values[at] ?? 0) + (1000 * value) / stepMs;
      }
    }
    return { name: version === "" ? "all" : `version ${version}`, values };
  });
}

/** Of the newest point with a value; the last one may not be complete. */
function newestSum(lines: readonly ChartLine[]): number | null {
  const length = lines[0]?.values.length ?? 0;
  const sums = Array.from({ length }, (_, at) => {
    const known = lines.map(({ values }) => values[at] ?? null).filter((value) => value !== null);
    return known.length === 0 ? null : sum(known);
  }).filter((value) => value !== null);
  return sums.at(-2) ?? sums.at(-1) ?? null;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
