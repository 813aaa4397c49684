/** Histograms as queries give them, as the judgement takes them. */
import { mergeCells } from "@lockstep/analysis/drift/merge-cells";
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
  return parts.reduce((sum, part) => ({
    cells: sum.cells && part.cells && mergeCells(sum.cells, part.cells),
    missing: sum.missing + part.missing,
    labelled: labelledSum(sum, part),
  }));
}

export function summedOf(row: DriftCellsRow): Summed {
  const cells = cellsOf(row);
  const { labelled, positives, scoreSums } = row;
  const known = labelled.length > 0 && labelled.length === row.counts.length;
  return { cells, missing: row.missing, labelled: known ? { labelled, positives, scoreSums } : undefined };
}

/** Labels count by cell: over other cells they cannot be told any more. */
function labelledSum(a: Summed, b: Summed): LabelledCells | undefined {
  if (a.labelled === undefined || b.labelled === undefined) {
    const one = a.labelled === undefined ? b : a;
    return sameBounds(a.cells, b.cells) ? one.labelled : undefined;
  }
  if (!sameBounds(a.cells, b.cells)) return undefined;
  const add = (x: readonly number[], y: readonly number[]) => x.map((value, at) => value + y[at]!);
  return {
    labelled: add(a.labelled.labelled, b.labelled.labelled),
    positives: add(a.labelled.positives, b.labelled.positives),
    scoreSums: add(a.labelled.scoreSums, b.labelled.scoreSums),
  };
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
