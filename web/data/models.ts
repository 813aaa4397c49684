import "server-only";
import { type ModelDriftRow, modelsDrift } from "@lockstep/schemas/queries/models-drift";
import { modelsDriftHistory } from "@lockstep/schemas/queries/models-drift-history";
import { modelsFindings } from "@lockstep/schemas/queries/models-findings";
import { modelsLatency } from "@lockstep/schemas/queries/models-latency";
import { type ModelPerformanceNowRow, modelsPerformance } from "@lockstep/schemas/queries/models-performance";
import { modelsTraffic } from "@lockstep/schemas/queries/models-traffic";
import type { Values } from "../fleet/grids.ts";
import { type ModelFinding, modelFinding } from "../models/finding-view.ts";
import { type Latency, latenciesOf } from "../models/latency.ts";
import { type Stretch, spread, stretchOf } from "../models/stretch.ts";
import type { RangeState } from "../url/range.ts";
import { type ModelSeen, modelsIndex } from "./models-index.ts";
import { getStore } from "./store.ts";

export type Performance = {
  readonly untilMs: number;
  readonly n: number;
  readonly auc: number | null;
  readonly accuracy: number | null;
  readonly f1: number | null;
};

export type ModelSummary = {
  readonly model: string;
  /** The newest first. */
  readonly versions: readonly string[];
  readonly lastMs: number;
  /** Heard in the chosen range, not only long ago. */
  readonly live: boolean;
  readonly rowsPerSecond: number | null;
  readonly latency: Latency | null;
  /** null: no window was judged. */
  readonly drift: Omit<ModelDriftRow, "model"> | null;
  readonly estimated: Performance | null;
  readonly realised: Performance | null;
  /** Distance over threshold of the farthest feature. */
  readonly history: Values;
  readonly open: readonly ModelFinding[];
};

export type ModelsData = {
  /** When it was read, Unix ms. */
  readonly atMs: number;
  readonly live: boolean;
  /** The most urgent first. */
  readonly models: readonly ModelSummary[];
  /** Known, but not heard in an absolute range. */
  readonly elsewhere: number;
  /** More are known than are listed. */
  readonly cut: boolean;
};

const MAX_MODELS = 1000;
const MAX_FINDINGS = 2000;
const MAX_LATENCIES = 20_000;
const SPARK_POINTS = 48;
/** Of more models than this latencies and small lines are left out. */
const MAX_CLOSE = 200;
/** Of the newest windows: what a model is like now. */
const NOW_WINDOWS = 3;
const JUDGED_WINDOWS = 3;
/** Models heard within this time of each other are asked for together, others apart: one import of years ago would widen all. */
const TOGETHER_MS = 3 * 86_400_000;

type Shown = ModelSeen & { readonly stretch: Stretch; readonly endMs: number };

type Slot = { readonly key: string; readonly atMs: number; readonly data: Promise<ModelsData> };
/** Of a thousand models it takes seconds of the store; all who look share it. */
const kept: Slot[] = [];
const MAX_KEPT = 8;
const KEPT_MS = 10_000;

export function readModels(state: RangeState, nowMs: number): Promise<ModelsData> {
  const key = `${state.range} ${state.from} ${state.to}`;
  const found = kept.find((slot) => slot.key === key && nowMs - slot.atMs < KEPT_MS);
  if (found !== undefined) return found.data;
  const slot = { key, atMs: nowMs, data: readAnew(state, nowMs) };
  kept.unshift(slot);
  kept.length = Math.min(kept.length, MAX_KEPT);
  // A failure is not kept: the next look asks again. Neither is it that there is nothing yet.
  const forget = () => kept.includes(slot) && kept.splice(kept.indexOf(slot), 1);
  slot.data.then((data) => data.models.length === 0 && forget(), forget);
  return slot.data;
}

async function readAnew(state: RangeState, nowMs: number): Promise<ModelsData> {
  const all = await modelsIndex(nowMs);
  const shown = all
    .map((seen) => ({ ...seen, stretch: stretchOf(state, seen, nowMs) }))
    .filter(({ stretch, firstAt, lastAt }) => lastAt > stretch.fromMs && firstAt < stretch.toMs)
    .map((each) => ({ ...each, endMs: Math.min(each.lastAt, each.stretch.toMs) }));
  const listed = shown.slice(0, MAX_MODELS);
  const newest = listed.reduce((latest, { endMs }) => Math.max(latest, endMs), 0);
  const [recent, old] = [
    listed.filter(({ endMs }) => endMs > newest - TOGETHER_MS),
    listed.filter(({ endMs }) => endMs <= newest - TOGETHER_MS),
  ];
  const groups = [recent, old].filter((group) => group.length > 0);
  const parts = await Promise.all(groups.map(summariesOf));
  const models = parts.flat().sort(byUrgency);
  const close = new Set(models.slice(0, MAX_CLOSE).map(({ model }) => model));
  const looks = await Promise.all(
    groups
      .map((group) => group.filter(({ model }) => close.has(model)))
      .filter((group) => group.length > 0)
      .map(closerLooks),
  );
  const lookOf = new Map(looks.flat());
  const live = state.from === null || state.to === null;
  return {
    atMs: nowMs,
    live,
    models: models.map((model) => ({ ...model, ...(lookOf.get(model.model) ?? { history: [], latency: null }) })),
    elsewhere: all.length - shown.length,
    cut: shown.length > listed.length,
  };
}

type Closer = Pick<ModelSummary, "history" | "latency">;

/** What is read of the most urgent models only, since it costs most. */
async function closerLooks(models: readonly Shown[]): Promise<(readonly [string, Closer])[]> {
  const store = getStore();
  const toMs = Math.max(...models.map(({ stretch }) => stretch.toMs));
  const stretches = models.map(({ model, stretch }) => ({ model, fromMs: stretch.fromMs, stepMs: sparkStep(stretch) }));
  const [history, latency] = await Promise.all([
    store.read(modelsDriftHistory({ of: stretches, points: SPARK_POINTS })),
    store.read(modelsLatency({ of: newestOf(models, NOW_WINDOWS), toMs, limit: MAX_LATENCIES })),
  ]);
  const historyOf = new Map(history.map((row) => [row.model, row]));
  const latencyOf = Map.groupBy(latency, ({ model }) => model);
  return models.map(({ model, stretch }) => {
    const line = historyOf.get(model);
    const points = Math.ceil((stretch.toMs - stretch.fromMs) / sparkStep(stretch));
    return [
      model,
      {
        history: line === undefined ? [] : spread(line.places, line.worst, points),
        latency: latenciesOf(latencyOf.get(model) ?? [])[0] ?? null,
      },
    ] as const;
  });
}

function newestOf(models: readonly Shown[], windows: number) {
  return models.map(({ model, endMs, windowMs }) => ({ model, fromMs: Math.floor(endMs - windows * windowMs) }));
}

async function summariesOf(models: readonly Shown[]): Promise<Omit<ModelSummary, keyof Closer>[]> {
  const store = getStore();
  const toMs = Math.max(...models.map(({ stretch }) => stretch.toMs));
  const fromMs = Math.min(...models.map(({ stretch }) => stretch.fromMs));
  const judged = { of: newestOf(models, JUDGED_WINDOWS), toMs };
  const [drift, traffic, performance, findings] = await Promise.all([
    store.read(modelsDrift(judged)),
    store.read(modelsTraffic({ of: newestOf(models, NOW_WINDOWS), toMs })),
    store.read(modelsPerformance(judged)),
    store.read(modelsFindings({ fromMs, toMs, limit: MAX_FINDINGS })),
  ]);
  const driftOf = new Map(drift.map(({ model, ...rest }) => [model, rest]));
  const trafficOf = new Map(traffic.map((row) => [row.model, row.rowsPerSecond]));
  const performanceOf = Map.groupBy(performance, ({ model }) => model);
  const openOf = Map.groupBy(
    findings.map(modelFinding).filter(({ closedMs }) => closedMs === null || closedMs >= toMs),
    ({ model }) => model,
  );
  return models.map(({ model, versions, lastAt, stretch }) => ({
    model,
    versions: versions.map(({ version }) => version),
    lastMs: lastAt,
    live: stretch.live,
    rowsPerSecond: trafficOf.get(model) ?? null,
    drift: driftOf.get(model) ?? null,
    estimated: performanceIn(performanceOf.get(model), "estimated"),
    realised: performanceIn(performanceOf.get(model), "realised"),
    open: openOf.get(model) ?? [],
  }));
}

function performanceIn(rows: readonly ModelPerformanceNowRow[] | undefined, way: string): Performance | null {
  const row = rows?.find((each) => each.way === way);
  if (row === undefined) return null;
  const { untilAt, n, auc, accuracy, f1 } = row;
  return { untilMs: untilAt, n, auc, accuracy, f1 };
}

/** Whole windows, so that points are not gaps. */
function sparkStep({ fromMs, toMs, stepMs }: Stretch): number {
  return stepMs * Math.max(1, Math.ceil((toMs - fromMs) / stepMs / SPARK_POINTS));
}

type Rankable = Pick<ModelSummary, "live" | "open" | "drift" | "model">;

/** Those that serve before histories, then those with findings, then those nearest to their threshold. */
function byUrgency(a: Rankable, b: Rankable): number {
  const ratio = ({ drift }: Rankable) => (drift?.distance ?? 0) / (drift?.threshold ?? 1);
  return (
    Number(b.live) - Number(a.live) ||
    Number(b.open.length > 0) - Number(a.open.length > 0) ||
    (b.drift?.drifting ?? 0) - (a.drift?.drifting ?? 0) ||
    ratio(b) - ratio(a) ||
    (a.model < b.model ? -1 : 1)
  );
}
