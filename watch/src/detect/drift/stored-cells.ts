/** Histograms as queries give them, as the judgement takes them. */
import { mergeAll } from "@lockstep/analysis/drift/merge-cells";
import type { Cells, LabelledCells } from "@lockstep/schemas/domain/observed";
import type { DriftCellsRow } from "@lockstep/schemas/queries/drift-cells";

export function cellsOf(row: DriftCellsRow): Cells {
  if (row.scale !== null) {
    return {
      form: "exponential",
      scale: row.scale,
      zeroThreshold: row.zeroThreshold,
      zeroCount: row.zeroCount,
      positive: { offset: row.positiveOffset, counts: row.positive },
      negative: { offset: row.negativeOffset, counts: row.negative },
    };
  }
  if (row.bounds.length > 0) return { form: "explicit", bounds: row.bounds, counts: row.counts };
  return { form: "categories", counts: new Map(row.names.map((name, at) => [name, row.ofNames[at]!])) };
}

/** A feature's rows added up; `cells` is undefined where numbers and categories came under one name. */
export type Summed = {
  readonly cells: Cells | undefined;
  readonly missing: number;
  /** Over the bounds of the cells. */
  readonly labelled: LabelledCells | undefined;
};

export function summed(parts: readonly Summed[]): Summed {
  const all = parts.flatMap(({ cells }) => cells ?? []);
  const cells = all.length < parts.length ? undefined : mergeAll(all);
  return {
    cells,
    missing: parts.reduce((sum, { missing }) => sum + missing, 0),
    labelled: labelledSum(parts, cells),
  };
}

export function summedOf(row: DriftCellsRow): Summed {
  const cells = cellsOf(row);
  const { labelled, positives, scoreSums } = row;
  const known = labelled.length > 0 && labelled.length === row.counts.length;
  return { cells, missing: row.missing, labelled: known ? { labelled, positives, scoreSums } : undefined };
}

/** Labels count by cell: over other cells they cannot be told any more. */
function labelledSum(parts: readonly Summed[], cells: Cells | undefined): LabelledCells | undefined {
  const known = parts.flatMap((part) => (part.labelled === undefined ? [] : [{ ...part, labelled: part.labelled }]));
  if (known.length === 0 || known.some((part) => !sameBounds(part.cells, cells))) return undefined;
  return known
    .map(({ labelled }) => labelled)
    .reduce((a, b) => ({
      labelled: added(a.labelled, b.labelled),
      positives: added(a.positives, b.positives),
      scoreSums: added(a.scoreSums, b.scoreSums),
    }));
}

function added(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, at) => value + b[at]!);
}

function sameBounds(a: Cells | undefined, b: Cells | undefined): boolean {
  if (a?.form !== "explicit" || b?.form !== "explicit" || a.bounds.length !== b.bounds.length) return false;
  return a.bounds.every((edge, at) => edge === b.bounds[at]);
}

/** Of the same form, without a count. */
export function emptied(cells: Cells): Cells {
  if (cells.form === "explicit") return { ...cells, counts: cells.counts.map(() => 0) };
  if (cells.form === "categories") return { form: "categories", counts: new Map() };
  const none = { offset: 0, counts: [] };
  return { ...cells, zeroCount: 0, positive: none, negative: none };
}
