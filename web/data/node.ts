import "server-only";
import { clusterGpuSeries, type GpuSeriesRow } from "@lockstep/schemas/queries/cluster-gpu-series";
import { type Attention, attentionList } from "../fleet/attention.ts";
import { type ChartSpec, isCounter, type LineSpec, NODE_CHARTS } from "../fleet/catalog.ts";
import { type Gpu, gpuKey, shortName } from "../fleet/gpu.ts";
import { mergeValues, type Values } from "../fleet/grids.ts";
import { gridOf, gridTimes, type RangeState, resolveRange } from "../url/range.ts";
import type { ChartData } from "./chart.ts";
import { readGpus, readSince } from "./fleet.ts";
import { readGrids } from "./grid.ts";
import { getStore } from "./store.ts";

export type NodeData = {
  readonly atMs: number;
  readonly live: boolean;
  readonly node: string;
  readonly gpus: readonly Gpu[];
  readonly attention: readonly Attention[];
  readonly times: readonly number[];
  readonly stepMs: number;
  /** One line a GPU, named and ordered as `gpus`. */
  readonly charts: readonly ChartData[];
};

/** More lines than this on one chart are not readable; further GPUs of a node are in its table only. */
const MAX_LINES = 8;

/** null: no GPU of that node was seen in the 24 hours before the end of the range. */
export async function readNode(node: string, state: RangeState, nowMs: number): Promise<NodeData | null> {
  const range = resolveRange(state, nowMs);
  const { gpus: all, series } = await readGpus(range);
  const gpus = all.filter((gpu) => gpu.node === node);
  if (gpus.length === 0) return null;
  const grid = gridOf(range);
  const [since, charts] = await Promise.all([
    readSince(gpus, series, range.toMs),
    readCharts(gpus, grid, range.toMs, range.toMs - range.fromMs),
  ]);
  const attention = attentionList(all, since).filter((item) => isOf(item, gpus));
  return {
    atMs: range.toMs,
    live: range.live,
    node,
    gpus,
    attention,
    times: gridTimes(grid),
    stepMs: grid.stepMs,
    charts,
  };
}

function isOf(item: Attention, gpus: readonly Gpu[]): boolean {
  const node = gpus[0]?.node ?? "";
  return item.id === `down node ${node}` || gpus.some((gpu) => item.id.endsWith(` ${gpu.key}`));
}

async function readCharts(
  gpus: readonly Gpu[],
  grid: { fromMs: number; toMs: number; stepMs: number },
  atMs: number,
  windowMs: number,
): Promise<ChartData[]> {
  const metrics = NODE_CHARTS.flatMap((chart) => chart.lines.map((line) => line.metric));
  const keys = new Set(gpus.map((gpu) => gpu.key));
  const rows = (await getStore().read(clusterGpuSeries({ metrics, atMs, windowMs }))).filter((row) =>
    keys.has(gpuKey(row.uuid, row.instanceId)),
  );
  const present = new Set(rows.map((row) => row.metric));
  const chosen = NODE_CHARTS.flatMap((chart) => {
    const line = chart.lines.find((candidate) => present.has(candidate.metric));
    return line === undefined ? [] : [{ chart, line, rows: rows.filter((row) => row.metric === line.metric) }];
  });
  const wanted = chosen.flatMap(({ line, rows: own }) =>
    own.map(
      (row) => ({ metric: row.metric, series: row.series, kind: isCounter(line, row.type) ? "rate" : "last" }) as const,
    ),
  );
  const grids = await readGrids(wanted, grid);
  const length = gridTimes(grid).length;
  return chosen.map(({ chart, line, rows: own }) =>
    chartOf(chart, line, own, gpus, (series) => grids.get(series), length),
  );
}

function chartOf(
  chart: ChartSpec,
  line: LineSpec,
  rows: readonly GpuSeriesRow[],
  gpus: readonly Gpu[],
  gridOfSeries: (series: string) => Values | undefined,
  length: number,
): ChartData {
  const lines = gpus.slice(0, MAX_LINES).map((gpu) => {
    const own = rows.filter((row) => gpuKey(row.uuid, row.instanceId) === gpu.key);
    const grids = own.map((row) => gridOfSeries(row.series) ?? []);
    return { name: shortName(gpu), values: mergeValues(grids, length, line.scale) };
  });
  // A link is measured in several ways, so its title says in which.
  const title = chart.group === "interconnect" ? `${chart.title} ${line.name}` : chart.title;
  return { id: chart.id, group: chart.group, title, unit: chart.unit, lines };
}
