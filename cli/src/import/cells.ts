/** Edges of a feature's cells, fixed before anything is counted. The outer cells are open, so that what comes later fits. */

/** A score of class 1 has equal cells from 0 to 1. */
export const SCORE_CELLS = 20;

/**
 * A score on an edge belongs to the cell above it, as "score >= decision" has it; cells hold their upper edge, so each inner
 * edge is the largest number below the round one.
 */
export function scoreBounds(): number[] {
  return Array.from({ length: SCORE_CELLS + 1 }, (_, i) =>
    i === 0 || i === SCORE_CELLS ? i / SCORE_CELLS : below(i / SCORE_CELLS),
  );
}

/** The largest number that is less than a finite one: the neighbour among doubles, whose bits count away from zero. */
export function below(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return view.getFloat64(0);
}

/** A cell for each of few values, ascending, with the edges half way between them. */
export function boundsOfValues(values: readonly number[]): number[] {
  const gaps = values.slice(1).map((value, i) => value - values[i]!);
  const half = gaps.length === 0 ? 0.5 : Math.min(...gaps) / 2;
  const between = gaps.map((gap, i) => values[i]! + gap / 2);
  return distinct([-Infinity, values[0]! - half, ...between, values.at(-1)! + half, Infinity]);
}

/** How far below the least value the lowest finite edge is, of the range: that value shall be in a cell that has an end. */
const MARGIN = 0.001;

export type Quantiles = {
  readonly least: number;
  readonly most: number;
  /** All values are whole numbers. */
  readonly whole: boolean;
  /** Values that would fill a cell alone: each gets one. */
  readonly frequent: readonly number[];
  /** Of all other values: upper edges of cells of the same share. */
  readonly edges: readonly number[];
};

/** Cells of about the same number of rows. */
export function boundsOfQuantiles({ least, most, whole, frequent, edges }: Quantiles): number[] {
  // Of a narrow range far from zero the margin is nothing a double could tell.
  const lowest = Math.min(least - (most - least) * MARGIN, below(least));
  const alone = frequent.flatMap((value) => [whole ? value - 0.5 : below(value), value]);
  const inner = [...alone, ...edges, most].filter((edge) => edge > lowest).sort((a, b) => a - b);
  return distinct([-Infinity, lowest, ...inner, Infinity]);
}

function distinct(ascending: readonly number[]): number[] {
  return ascending.filter((edge, i) => i === 0 || edge > ascending[i - 1]!);
}
