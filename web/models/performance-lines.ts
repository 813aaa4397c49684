/** Estimated and realised performance over time, with what chance alone makes of it. */
import type { ModelPerformanceRow } from "@lockstep/schemas/queries/model-page-performance";
import type { Values } from "../fleet/grids.ts";

export type MeasureLines = {
  readonly measure: (typeof MEASURES)[number];
  readonly estimated: Values;
  readonly realised: Values;
  /** Around the estimate: 95 % of windows of so many rows lie within. Of accuracy only; null elsewhere. */
  readonly low: Values | null;
  readonly high: Values | null;
};

export type PerformanceLines = {
  readonly measures: readonly MeasureLines[];
  /** The newest of each. */
  readonly newest: { readonly estimated: ModelPerformanceRow | null; readonly realised: ModelPerformanceRow | null };
};

type Grid = { readonly fromMs: number; readonly stepMs: number; readonly points: number };

const MEASURES = ["auc", "accuracy", "f1"] as const;
const Z = 1.96;

/** null: no window's performance is known. Where several versions or windows share a point, by their rows. */
export function performanceLines(rows: readonly ModelPerformanceRow[], grid: Grid): PerformanceLines | null {
  if (rows.length === 0) return null;
  const [estimated, realised] = ["estimated", "realised"].map((way) => rows.filter((row) => row.way === way));
  const measures = MEASURES.flatMap((measure): MeasureLines[] => {
    const lines = { estimated: line(estimated!, measure, grid), realised: line(realised!, measure, grid) };
    if ([...lines.estimated, ...lines.realised].every((value) => value === null)) return [];
    if (measure !== "accuracy") return [{ measure, ...lines, low: null, high: null }];
    const n = counts(estimated!, grid);
    const half = lines.estimated.map((value, at) =>
      value === null || !(n[at]! > 0) ? null : Z * Math.sqrt((value * (1 - value)) / n[at]!),
    );
    const edge = (sign: number) =>
      lines.estimated.map((value, at) => (value === null || half[at] == null ? null : value + sign * half[at]));
    return [{ measure, ...lines, low: edge(-1), high: edge(1) }];
  });
  if (measures.length === 0) return null;
  return { measures, newest: { estimated: estimated!.at(-1) ?? null, realised: realised!.at(-1) ?? null } };
}

function line(rows: readonly ModelPerformanceRow[], measure: (typeof MEASURES)[number], grid: Grid): Values {
  const sums = new Array<number>(grid.points).fill(0);
  const weights = new Array<number>(grid.points).fill(0);
  for (const row of rows) {
    const value = row[measure];
    const at = placeOf(row, grid);
    if (value === null || at === null) continue;
    sums[at]! += value * row.n;
    weights[at]! += row.n;
  }
  return sums.map((sum, at) => (weights[at]! > 0 ? sum / weights[at]! : null));
}

function counts(rows: readonly ModelPerformanceRow[], grid: Grid): number[] {
  const all = new Array<number>(grid.points).fill(0);
  for (const row of rows) {
    const at = placeOf(row, grid);
    if (at !== null) all[at]! += row.n;
  }
  return all;
}

function placeOf({ sinceAt }: ModelPerformanceRow, { fromMs, stepMs, points }: Grid): number | null {
  const place = Math.floor((sinceAt - fromMs) / stepMs);
  return place >= 0 && place < points ? place : null;
}
