/** What an expression evaluates to over a grid of steps. */
import { duplicateLabels } from "./errors.ts";
import type { Labels } from "./labels.ts";

/** The moments of an evaluation, in Unix milliseconds; an instant query has one. */
export type Grid = { readonly startMs: number; readonly stepMs: number; readonly count: number };

export function stepMs(grid: Grid, step: number): number {
  return grid.startMs + step * grid.stepMs;
}

export function lastStepMs(grid: Grid): number {
  return stepMs(grid, grid.count - 1);
}

/** One series of an instant vector: a value for each step, where present. Never changed once it is in a value. */
export type Column = {
  readonly labels: Labels;
  /** The metric name goes away at the end of the query; only with delayed name removal. */
  readonly dropName: boolean;
  readonly values: Float64Array;
  /** 1 where the series has a value. */
  readonly present: Uint8Array;
};

export type VectorValue = { readonly kind: "vector"; readonly columns: readonly Column[] };
export type ScalarValue = { readonly kind: "scalar"; readonly values: Float64Array };
export type StringValue = { readonly kind: "string"; readonly value: string };
export type Value = VectorValue | ScalarValue | StringValue;

export function vector(columns: readonly Column[]): VectorValue {
  return { kind: "vector", columns };
}

export function isEmpty(present: Uint8Array): boolean {
  return present.indexOf(1) < 0;
}

/** Memory for the values of many columns, cut from two large blocks: far cheaper than two arrays a series. */
export class ColumnMemory {
  private readonly values: Float64Array;
  private readonly flags: Uint8Array;
  private readonly count: number;
  private next = 0;

  constructor(columns: number, count: number) {
    this.values = new Float64Array(columns * count);
    this.flags = new Uint8Array(columns * count);
    this.count = count;
  }

  /** Zeroed, and present nowhere. */
  take(): { values: Float64Array; present: Uint8Array } {
    const from = this.next * this.count;
    const to = from + this.count;
    this.next++;
    return { values: this.values.subarray(from, to), present: this.flags.subarray(from, to) };
  }

  /** Gives back what `take` gave last, so that empty columns cost nothing. */
  release(taken: { values: Float64Array; present: Uint8Array }): void {
    this.next--;
    taken.values.fill(0);
    taken.present.fill(0);
  }
}

/** Whether two of the columns have the same labels. */
export function hasSameLabels(columns: readonly Column[]): boolean {
  const seen = new Set<string>();
  for (const { labels } of columns) seen.add(labels.key);
  return seen.size < columns.length;
}

/**
 * Columns of the same labels joined to one, in the order of the first of each. Throws EvaluationError where two of
 * them have a value at the same step.
 */
export function mergeSameLabels(columns: readonly Column[]): readonly Column[] {
  if (!hasSameLabels(columns)) return columns;
  const merged = new Map<string, Column>();
  for (const column of columns) {
    const earlier = merged.get(column.labels.key);
    merged.set(column.labels.key, earlier === undefined ? column : joined(earlier, column));
  }
  return [...merged.values()];
}

function joined(a: Column, b: Column): Column {
  const values = a.values.slice();
  const present = a.present.slice();
  for (let step = 0; step < values.length; step++) {
    if (b.present[step] === 0) continue;
    if (present[step] === 1) throw duplicateLabels();
    values[step] = b.values[step]!;
    present[step] = 1;
  }
  return { labels: a.labels, dropName: a.dropName, values, present };
}

/** The columns that have a value somewhere. */
export function nonEmpty(columns: readonly Column[]): Column[] {
  return columns.filter((column) => !isEmpty(column.present));
}
