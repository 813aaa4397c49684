/** Which parts of the traffic a feature's shift comes from. */
import { countOf } from "@lockstep/analysis/drift/stored-observed";
import type { Cells } from "@lockstep/schemas/domain/observed";
import type { FeatureCellsRow } from "@lockstep/schemas/queries/feature-cells";
import { cellsOf, matched, reshaped, summed } from "./cells.ts";

export type Segment = {
  readonly of: string;
  readonly value: string;
  readonly rows: number;
  /** Of all rows of the window. */
  readonly shareOfRows: number;
  /** Of the summed |q - p|: how much of it would not be there had the segment's rows been as the baseline. Below 0: it moved the other way. */
  readonly shareOfShift: number | null;
  /** Half of the summed |q - p| of the segment alone: 0 alike, 1 wholly different. */
  readonly distance: number | null;
};

const MAX_OF_A_DIMENSION = 12;

/** By replica, version and each label; a dimension with one value tells nothing and is left out. */
export function segmentsOf(rows: readonly FeatureCellsRow[], baseline: Cells | null): Segment[] {
  const whole = summed(rows.map(cellsOf));
  if (whole === null) return [];
  const shift = baseline === null ? null : shiftOf(baseline, whole);
  return dimensionsOf(rows).flatMap(([of, named]) => {
    const parts = [...Map.groupBy(rows, named)];
    if (parts.length < 2) return [];
    return parts
      .map(([value, own]) => segmentOf({ of, value, own, whole, shift }))
      .sort((a, b) => (b.shareOfShift ?? 0) - (a.shareOfShift ?? 0) || b.rows - a.rows)
      .slice(0, MAX_OF_A_DIMENSION);
  });
}

function dimensionsOf(rows: readonly FeatureCellsRow[]): [string, (row: FeatureCellsRow) => string][] {
  const names = [...new Set(rows.flatMap(({ labels }) => Object.keys(labels)))].sort();
  return [
    ["replica", (row) => row.replica],
    ["version", (row) => row.version],
    ...names.map((name): [string, (row: FeatureCellsRow) => string] => [name, (row) => row.labels[name] ?? ""]),
  ];
}

type Shift = {
  readonly baseline: Cells;
  readonly p: number[];
  readonly sign: number[];
  readonly size: number;
  readonly rows: number;
};

function shiftOf(baseline: Cells, whole: Cells): Shift | null {
  const both = matched(baseline, whole);
  if (both === null) return null;
  const [p, q] = [shares(both.baseline), shares(both.current)];
  if (p === null || q === null) return null;
  const differences = q.map((share, cell) => share - p[cell]!);
  const size = differences.reduce((sum, difference) => sum + Math.abs(difference), 0);
  return { baseline, p, sign: differences.map(Math.sign), size, rows: total(both.current) };
}

function segmentOf(part: {
  of: string;
  value: string;
  own: readonly FeatureCellsRow[];
  whole: Cells;
  shift: Shift | null;
}): Segment {
  const { of, value, own, whole, shift } = part;
  const sum = summed(own.map(cellsOf));
  const shaped = sum === null ? null : reshaped(sum, whole);
  const both = shaped === null || shift === null ? null : matched(shift.baseline, shaped);
  const rows = sum === null ? 0 : countOf(sum);
  const told = { of, value, rows, shareOfRows: rows / Math.max(1, countOf(whole)) };
  if (both === null || shift === null || both.current.length !== shift.p.length || rows === 0) {
    return { ...told, shareOfShift: null, distance: null };
  }
  const weight = rows / shift.rows;
  const differences = both.current.map((count, cell) => count / rows - shift.p[cell]!);
  const along = differences.reduce((along, difference, cell) => along + shift.sign[cell]! * difference, 0);
  return {
    ...told,
    shareOfShift: shift.size > 0 ? (weight * along) / shift.size : null,
    distance: differences.reduce((far, difference) => far + Math.abs(difference), 0) / 2,
  };
}

function shares(counts: readonly number[]): number[] | null {
  const all = total(counts);
  return all > 0 ? counts.map((count) => count / all) : null;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
