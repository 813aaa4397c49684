/** Observed histograms as rows of table `histograms`, and back. */
import type { Labels } from "@lockstep/schemas/domain/labels";
import type { Cells, LabelledCells, Observed, ObservedKind, ObservedSource } from "@lockstep/schemas/domain/observed";

/** Columns as schemas/clickhouse/0005_drift.sql names them; times in milliseconds since 1970. */
export type StoredObserved = {
  readonly model: string;
  readonly version: string;
  readonly replica: string;
  readonly labels: Labels;
  readonly kind: string;
  readonly feature: string;
  readonly since: number;
  readonly until: number;
  readonly source: string;
  readonly origin: string;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly scale: number | null;
  readonly zero_threshold: number;
  readonly zero_count: number;
  readonly positive_offset: number;
  readonly positive: readonly number[];
  readonly negative_offset: number;
  readonly negative: readonly number[];
  readonly categories: ReadonlyMap<string, number>;
  readonly missing: number;
  readonly count: number;
  readonly sum: number | null;
  readonly labelled: readonly number[];
  readonly positives: readonly number[];
  readonly score_sums: readonly number[];
  readonly seen: number;
};

export type Provenance = {
  readonly source: ObservedSource;
  /** The same for the same observation sent twice, another for one that adds to it. */
  readonly origin: string;
  readonly seen: number;
};

const noCells = {
  bounds: [],
  counts: [],
  scale: null,
  zero_threshold: 0,
  zero_count: 0,
  positive_offset: 0,
  positive: [],
  negative_offset: 0,
  negative: [],
  categories: new Map<string, number>(),
};

export function toStored(observed: Observed, { source, origin, seen }: Provenance): StoredObserved {
  const { model, version, replica, labels, kind, feature, since, until, cells, missing, sum, labelled } = observed;
  return {
    ...{ model, version, replica, labels, kind, feature, since, until, source, origin },
    ...noCells,
    ...storedCells(cells),
    missing,
    count: countOf(cells),
    sum: sum ?? null,
    labelled: labelled?.labelled ?? [],
    positives: labelled?.positives ?? [],
    score_sums: labelled?.scoreSums ?? [],
    seen,
  };
}

function storedCells(cells: Cells): Partial<StoredObserved> {
  if (cells.form === "explicit") return { bounds: cells.bounds, counts: cells.counts };
  if (cells.form === "categories") return { categories: cells.counts };
  const { scale, zeroThreshold, zeroCount, positive, negative } = cells;
  return {
    scale,
    zero_threshold: zeroThreshold,
    zero_count: zeroCount,
    positive_offset: positive.offset,
    positive: positive.counts,
    negative_offset: negative.offset,
    negative: negative.counts,
  };
}

export function fromStored(row: Omit<StoredObserved, "source" | "origin" | "count" | "seen">): Observed {
  const { model, version, replica, labels, feature, since, until, missing, sum } = row;
  return {
    ...{ model, version, replica, labels, kind: row.kind as ObservedKind, feature, since, until },
    cells: cellsOf(row),
    missing,
    sum: sum ?? undefined,
    ...(row.labelled.length > 0 && { labelled: labelledOf(row) }),
  };
}

function cellsOf(row: Parameters<typeof fromStored>[0]): Cells {
  if (row.scale !== null) {
    return {
      form: "exponential",
      scale: row.scale,
      zeroThreshold: row.zero_threshold,
      zeroCount: row.zero_count,
      positive: { offset: row.positive_offset, counts: row.positive },
      negative: { offset: row.negative_offset, counts: row.negative },
    };
  }
  if (row.bounds.length > 0) return { form: "explicit", bounds: row.bounds, counts: row.counts };
  return { form: "categories", counts: row.categories };
}

function labelledOf(row: Pick<StoredObserved, "labelled" | "positives" | "score_sums">): LabelledCells {
  return { labelled: row.labelled, positives: row.positives, scoreSums: row.score_sums };
}

/** Rows that the cells hold. */
export function countOf(cells: Cells): number {
  if (cells.form === "categories") return [...cells.counts.values()].reduce(plus, 0);
  if (cells.form === "explicit") return cells.counts.reduce(plus, 0);
  return cells.zeroCount + cells.positive.counts.reduce(plus, 0) + cells.negative.counts.reduce(plus, 0);
}

function plus(sum: number, count: number): number {
  return sum + count;
}
