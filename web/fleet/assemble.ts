import type { GpuSeriesRow } from "@lockstep/schemas/queries/cluster-gpu-series";
import type { TargetUpRow } from "@lockstep/schemas/queries/cluster-up";
import type { NowRow } from "@lockstep/schemas/queries/fleet-now";
import { isThermal } from "./clock-reasons.ts";
import { type Gpu, type GpuState, gpuKey } from "./gpu.ts";
import { QUANTITIES, QUANTITY_SOURCES, type Quantity } from "./quantities.ts";

/** Why a GPU without a sample has none. */
const UNSCRAPED = "its exporter is no longer scraped";

export type FleetRows = {
  readonly series: readonly GpuSeriesRow[];
  readonly now: readonly NowRow[];
  readonly up: readonly TargetUpRow[];
};

/** Puts the series of each GPU together: its identity, its newest values, its state. Sorted by node, index, MIG slice. */
export function assembleGpus(rows: FleetRows): Gpu[] {
  const newest = new Map(rows.now.map((row) => [row.series, row]));
  const up = new Map(rows.up.map((row) => [targetKey(row.job, row.instance), row.up]));
  const exporterPods = jobsWithExportedPods(rows.series);
  const byGpu = Map.groupBy(rows.series, (row) => gpuKey(row.uuid, row.instanceId));
  return [...byGpu].map(([key, series]) => assembleGpu(key, series, newest, up, exporterPods)).sort(byPlace);
}

/**
 * Where a job's labels collide with the exporter's own pod (honor_labels off), the workload's are the exported_* ones, and
 * plain `pod` names the exporter.
 */
function jobsWithExportedPods(series: readonly GpuSeriesRow[]): ReadonlySet<string> {
  return new Set(series.filter((row) => row.exportedPod !== "").map((row) => row.job));
}

function targetKey(job: string, instance: string): string {
  return `${job}\u0000${instance}`;
}

function assembleGpu(
  key: string,
  series: readonly GpuSeriesRow[],
  newest: ReadonlyMap<string, NowRow>,
  up: ReadonlyMap<string, number | null>,
  exporterPods: ReadonlySet<string>,
): Gpu {
  const live = series.filter((row) => newest.get(row.series)?.stale === 0);
  const identity = freshest(live.length > 0 ? live : series, newest);
  const targetUp = up.get(targetKey(identity.job, identity.instance));
  const isDown = live.length === 0 || targetUp === 0;
  const { values, peakUtilisation } = isDown ? { values: {}, peakUtilisation: null } : readValues(live, newest);
  const workload = workloadOf(identity, exporterPods);
  return {
    key,
    uuid: identity.uuid,
    instanceId: orNull(identity.instanceId),
    instanceProfile: orNull(identity.instanceProfile),
    node: identity.node,
    index: orNull(identity.gpu),
    model: orNull(identity.model),
    driver: orNull(identity.driver),
    pciBus: orNull(identity.pciBus),
    ...workload,
    job: identity.job,
    instance: identity.instance,
    values,
    peakUtilisation,
    state: isDown ? "down" : stateOf(values),
    why: isDown ? whyDown(targetUp) : null,
    lastSampleMs: live.length > 0 ? Math.max(...live.map((row) => newest.get(row.series)?.ts ?? 0)) : null,
  };
}

/** GPUs that are down only in that nobody has scraped them: of these a collector that has just started knows nothing yet. */
export function isUnscraped(gpu: Gpu): boolean {
  return gpu.state === "down" && gpu.why === UNSCRAPED;
}

/** Those GPUs, told to be waited for. */
export function awaitScrape(gpus: readonly Gpu[]): Gpu[] {
  return gpus.map((gpu) => (isUnscraped(gpu) ? { ...gpu, state: "waiting", why: "not scraped yet" } : gpu));
}

function orNull(text: string): string | null {
  return text === "" ? null : text;
}

function freshest(series: readonly GpuSeriesRow[], newest: ReadonlyMap<string, NowRow>): GpuSeriesRow {
  const age = (row: GpuSeriesRow) => newest.get(row.series)?.ts ?? row.lastSeen;
  return series.reduce((best, row) => (age(row) > age(best) ? row : best));
}

function workloadOf(row: GpuSeriesRow, exporterPods: ReadonlySet<string>) {
  if (exporterPods.has(row.job)) {
    return {
      namespace: orNull(row.exportedNamespace),
      pod: orNull(row.exportedPod),
      container: orNull(row.exportedContainer),
    };
  }
  return { namespace: orNull(row.namespace), pod: orNull(row.pod), container: orNull(row.container) };
}

function readValues(live: readonly GpuSeriesRow[], newest: ReadonlyMap<string, NowRow>) {
  const byMetric = Map.groupBy(live, (row) => row.metric);
  const values: Partial<Record<Quantity, number>> = {};
  let peakUtilisation: number | null = null;
  for (const quantity of QUANTITIES) {
    for (const source of QUANTITY_SOURCES[quantity]) {
      const sample = newestOf(byMetric.get(source.metric), newest);
      if (sample === undefined || sample.value === null) continue;
      values[quantity] = sample.value * source.scale;
      if (quantity === "utilisation") peakUtilisation = sample.peak === null ? null : sample.peak * source.scale;
      break;
    }
  }
  // A memory at 0 °C is a board without that sensor.
  if (values.memoryTemperature === 0) delete values.memoryTemperature;
  return { values, peakUtilisation };
}

function newestOf(
  series: readonly GpuSeriesRow[] | undefined,
  newest: ReadonlyMap<string, NowRow>,
): NowRow | undefined {
  let best: NowRow | undefined;
  for (const row of series ?? []) {
    const sample = newest.get(row.series);
    if (sample !== undefined && (best === undefined || sample.ts > best.ts)) best = sample;
  }
  return best;
}

function stateOf(values: Gpu["values"]): GpuState {
  if (values.xid !== undefined && values.xid !== 0) return "xid";
  return isThermal(values.clockReasons) ? "throttled" : "ok";
}

function whyDown(targetUp: number | null | undefined): string {
  if (targetUp === 0) return "its exporter does not answer";
  if (targetUp === 1) return "its exporter answers, but no longer reports it";
  return UNSCRAPED;
}

function byPlace(a: Gpu, b: Gpu): number {
  return (
    compareNatural(a.node, b.node) ||
    compareNatural(a.index ?? a.uuid, b.index ?? b.uuid) ||
    compareNatural(a.instanceId ?? "", b.instanceId ?? "")
  );
}

const collator = new Intl.Collator("en", { numeric: true });

/** node-2 before node-10. */
export function compareNatural(a: string, b: string): number {
  return collator.compare(a, b);
}
