/** How well a classifier does, from how many rows of either class each cell of its score holds. */

/** Counts are expected counts where they are estimated. Shares are undefined where nothing is divided by. */
export type Performance = {
  /** Rows. */
  readonly n: number;
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly tn: number;
  /** Area under the ROC curve: how often a row of class 1 has a higher score than one of class 0; half of the ties count. */
  readonly auc: number | undefined;
  readonly accuracy: number | undefined;
  readonly precision: number | undefined;
  readonly recall: number | undefined;
  readonly f1: number | undefined;
};

export type PerformanceMetric = "auc" | "accuracy" | "precision" | "recall" | "f1";

/** By cell of the score, ascending. */
export type ClassCells = {
  readonly bounds: readonly number[];
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
};

/**
 * `decision`: the score from which class 1 is predicted. A cell that it lies in is cut there, its rows of either class shared
 * out by width. Undefined of no rows, and where `whyUndecided` has a reason.
 */
export function performanceOf(cells: ClassCells, decision: number): Performance | undefined {
  if (whyUndecided(cells, decision) !== undefined) return undefined;
  const { bounds, positives, negatives } = cells;
  let [tp, fp, fn, tn] = [0, 0, 0, 0];
  for (const [cell, positive] of positives.entries()) {
    const negative = negatives[cell]!;
    if (positive + negative === 0) continue;
    const share = shareAbove(bounds[cell]!, bounds[cell + 1]!, decision);
    tp += share * positive;
    fp += share * negative;
    fn += (1 - share) * positive;
    tn += (1 - share) * negative;
  }
  const n = tp + fp + fn + tn;
  if (!(n > 0)) return undefined;
  return {
    ...{ n, tp, fp, fn, tn },
    auc: areaUnderRoc(positives, negatives),
    accuracy: (tp + tn) / n,
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
  };
}

/** In an open cell nobody knows how many rows lie on which side of the decision. */
export function whyUndecided({ bounds, positives, negatives }: ClassCells, decision: number): string | undefined {
  if (!Number.isFinite(decision)) return `decision ${decision}: expected the score from which class 1 is predicted`;
  for (const [cell, positive] of positives.entries()) {
    const [low, high] = [bounds[cell]!, bounds[cell + 1]!];
    const isOpen = !(Number.isFinite(low) && Number.isFinite(high));
    if (isOpen && low < decision && decision < high && positive + negatives[cell]! > 0) {
      return `decision ${decision} lies in the open cell from ${low} to ${high}: add an edge at ${decision}`;
    }
  }
  return undefined;
}

function shareAbove(low: number, high: number, decision: number): number {
  if (decision <= low) return 1;
  return decision >= high ? 0 : (high - decision) / (high - low);
}

/** Within a cell nothing tells which score is the higher one: all of its pairs are ties. */
function areaUnderRoc(positives: readonly number[], negatives: readonly number[]): number | undefined {
  let [below, above, pairs] = [0, 0, 0];
  for (const [cell, positive] of positives.entries()) {
    const negative = negatives[cell]!;
    pairs += positive * (below + negative / 2);
    below += negative;
    above += positive;
  }
  return ratio(pairs, above * below);
}

function ratio(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}
