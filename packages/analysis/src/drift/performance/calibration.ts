/** How often a score comes true: rates of class 1 by cell of the score, and how far the scores are from them. */
import type { ExplicitCells, LabelledCells } from "@lockstep/schemas/domain/observed";

/** Cells of the score, edges ascending, one more than cells. */
export type Calibration = {
  readonly bounds: readonly number[];
  /** Rows of known label, and those of class 1. */
  readonly labelled: readonly number[];
  readonly positives: readonly number[];
  /** Share of class 1 that a row of the cell has, above 0 and below 1; one half where no label is known. */
  readonly rates: readonly number[];
};

/**
 * `labelled` is of the cells of `score`, whose own counts do not matter.
 * @throws RangeError where there are not as many labelled cells as cells of the score.
 */
export function calibrate(score: ExplicitCells, labelled: LabelledCells): Calibration {
  const { bounds } = score;
  checkCells(bounds.length - 1, labelled);
  return calibrated(bounds, labelled.labelled, labelled.positives);
}

export function calibrated(
  bounds: readonly number[],
  labelled: readonly number[],
  positives: readonly number[],
): Calibration {
  return { bounds, labelled, positives, rates: labelled.map((rows, cell) => positiveRate(positives[cell]!, rows)) };
}

/** With half a row more of either class (Jeffreys), so that no cell is certain. */
export function positiveRate(positives: number, rows: number): number {
  return (positives + 0.5) / (rows + 1);
}

export function checkCells(cells: number, labelled: LabelledCells): void {
  for (const name of ["labelled", "positives", "scoreSums"] as const) {
    const found = labelled[name].length;
    if (found !== cells) {
      throw new RangeError(`${name} of a score: found ${found} cells, expected ${cells}: give one for each cell`);
    }
  }
}

export type CalibrationError = {
  /** Expected calibration error: mean distance of mean score and rate of class 1, by rows (Naeini 2015). */
  readonly ece: number;
  /** The largest of these distances among cells that hold a label. */
  readonly mce: number;
  /**
   * ece of a perfectly calibrated model with these counts, by chance alone: in a cell of rate r and n rows the distance is
   * about normal with variance r (1 - r) / n.
   */
  readonly eceByChance: number;
  /** Rows of known label. */
  readonly n: number;
};

/** Undefined where no label is known. Brier's score is not told: it takes the square of each score, which no cell keeps. */
export function calibrationError({ labelled, positives, scoreSums }: LabelledCells): CalibrationError | undefined {
  let [n, sum, largest, chance] = [0, 0, 0, 0];
  for (const [cell, rows] of labelled.entries()) {
    if (!(rows > 0)) continue;
    const rate = positives[cell]! / rows;
    const distance = Math.abs(rate - scoreSums[cell]! / rows);
    n += rows;
    sum += rows * distance;
    largest = Math.max(largest, distance);
    chance += Math.sqrt((2 / Math.PI) * rate * (1 - rate) * rows);
  }
  return n > 0 ? { ece: sum / n, mce: largest, eceByChance: chance / n, n } : undefined;
}
