/** Performance as it was, where labels have come. */
import type { ExplicitCells, LabelledCells } from "@lockstep/schemas/domain/observed";
import { checkCells } from "./calibration.ts";
import { type Performance, performanceOf } from "./performance.ts";

/**
 * Over the labelled rows alone; `decision` as in estimatePerformance. Undefined where no label is known, and where the decision
 * lies in an open cell that holds labels.
 * @throws RangeError where there are not as many labelled cells as cells of the score.
 */
export function realisedPerformance(
  score: ExplicitCells,
  labelled: LabelledCells,
  decision: number,
): Performance | undefined {
  checkCells(score.bounds.length - 1, labelled);
  const { positives } = labelled;
  const negatives = labelled.labelled.map((rows, cell) => Math.max(0, rows - positives[cell]!));
  return performanceOf({ bounds: score.bounds, positives, negatives }, decision);
}
