import type { OneGpuSeriesRow } from "@lockstep/schemas/queries/gpu-series";
import {
  CHARTS,
  type ChartSpec,
  DECODED_METRICS,
  ERROR_COUNTERS,
  HELD_COUNTERS,
  isCounter,
  type LineSpec,
} from "../fleet/catalog.ts";
import { extentOf, hasValue, mergeValues, type Values } from "../fleet/grids.ts";
import type { Unit } from "../format/unit.ts";
import type { ChartData } from "./chart.ts";
import type { GridSeries } from "./grid.ts";

/** A series' values on the page's grid of `length` points. */
export type ReadSeries = (row: OneGpuSeriesRow) => Values;

/** Something that did not change in the range. */
export type SteadyValue = {
  readonly id: string;
  readonly title: string;
  readonly value: number;
  readonly unit: Unit;
  /** false: it is what was known last. */
  readonly current: boolean;
  /** It is named as its exporter names it. */
  readonly verbatim: boolean;
};

const LINES: ReadonlyMap<string, LineSpec> = new Map(
  CHARTS.flatMap((chart) => chart.lines.map((line) => [line.metric, line] as const)),
);

const TOLD_ELSEWHERE: ReadonlySet<string> = new Set([
  ...DECODED_METRICS,
  ...Object.keys(ERROR_COUNTERS),
  ...Object.keys(HELD_COUNTERS),
]);

/** How a series is read: as a level, or as the rate of what only rises; not at all where its bits are decoded. */
export function gridSeriesOf(row: OneGpuSeriesRow): GridSeries[] {
  const { metric, series } = row;
  if (DECODED_METRICS.has(metric)) return [];
  if (metric in ERROR_COUNTERS) return [{ metric, series, kind: "last" }];
  if (metric in HELD_COUNTERS) return [{ metric, series, kind: "rate" }];
  const line = LINES.get(metric) ?? { metric, name: metric, scale: 1, behaviour: "byType" };
  return [{ metric, series, kind: isCounter(line, row.type) ? "rate" : "last" }];
}

/** The charts of a GPU, the catalogue's first, and in a line each what would be a flat chart of no interest. */
export function chartsOf(
  rows: readonly OneGpuSeriesRow[],
  read: ReadSeries,
  length: number,
): { charts: ChartData[]; steady: SteadyValue[] } {
  const charts: ChartData[] = [];
  const steady: SteadyValue[] = [];
  for (const spec of CHARTS) {
    const chart = chartOf(spec, rows, read, length);
    const values = chart !== null && spec.brief === true ? steadyValues(chart, false) : null;
    if (values !== null) steady.push(...values);
    else if (chart !== null) charts.push(chart);
  }
  const rest = rows.filter((row) => !LINES.has(row.metric) && !TOLD_ELSEWHERE.has(row.metric));
  for (const [metric, own] of Map.groupBy(rest, (row) => row.metric)) {
    const chart = otherChart(metric, own, read, length);
    const values = chart === null ? null : steadyValues(chart, true);
    if (values !== null) steady.push(...values);
    else if (chart !== null) charts.push(chart);
  }
  return { charts, steady };
}

function chartOf(
  chart: ChartSpec,
  rows: readonly OneGpuSeriesRow[],
  read: ReadSeries,
  length: number,
): ChartData | null {
  const lines = chart.lines.flatMap((line) => {
    const own = rows.filter((row) => row.metric === line.metric);
    const values = mergeValues(own.map(read), length, line.scale);
    if (!hasValue(values)) return [];
    if (line.quietAtZero && values.every((value) => value === null || value === 0)) return [];
    return [{ name: line.name, values }];
  });
  return lines.length === 0 ? null : { id: chart.id, group: chart.group, title: chart.title, unit: chart.unit, lines };
}

const MAX_LINES = 8;

/** A metric the catalogue does not know: its series as they are, told apart by the labels in which they differ. */
function otherChart(
  metric: string,
  rows: readonly OneGpuSeriesRow[],
  read: ReadSeries,
  length: number,
): ChartData | null {
  const counter = rows.some((row) => row.type === "counter");
  const lines = rows
    .slice(0, MAX_LINES)
    .map((row) => ({ name: distinctLabels(row, rows), values: mergeValues([read(row)], length, 1) }))
    .filter((line) => hasValue(line.values));
  if (lines.length === 0) return null;
  return { id: metric, group: "other", title: metric, unit: counter ? "perSecond" : "count", lines };
}

const ONLY = "value";

function distinctLabels(row: OneGpuSeriesRow, rows: readonly OneGpuSeriesRow[]): string {
  const differing = Object.keys(row.labels).filter((name) =>
    rows.some((other) => other.labels[name] !== row.labels[name]),
  );
  return differing.map((name) => `${name}=${row.labels[name]}`).join(" ") || ONLY;
}

/** null: one of the chart's lines changed. */
function steadyValues(chart: ChartData, verbatim: boolean): SteadyValue[] | null {
  const values: SteadyValue[] = [];
  for (const line of chart.lines) {
    const extent = extentOf(line.values);
    const newest = line.values.at(-1) ?? line.values.at(-2) ?? null;
    if (extent === null || extent.min !== extent.max) return null;
    const title = chart.lines.length === 1 ? chart.title : `${chart.title} ${line.name}`;
    values.push({
      id: `${chart.id} ${line.name}`,
      title,
      value: extent.min,
      unit: chart.unit,
      current: newest !== null,
      verbatim,
    });
  }
  return values;
}
