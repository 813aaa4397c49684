/** From which score on a model predicts class 1, where it told its predictions beside its scores and nobody set it. */
import type { ExplicitCells } from "@lockstep/schemas/domain/observed";

/**
 * The score above which as many rows lie as were predicted to be of class 1: an edge where these are the rows of whole cells,
 * else within a cell as if its scores lay evenly. Undefined where all or none were, where predictions are more than scores, and
 * within an open cell.
 */
export function decisionOf(score: ExplicitCells, predictedPositives: number): number | undefined {
  const { bounds, counts } = score;
  const rows = counts.reduce((sum, count) => sum + count, 0);
  if (!(predictedPositives > 0 && predictedPositives < rows)) return undefined;
  let above = 0;
  for (let cell = counts.length - 1; cell >= 0; cell--) {
    const within = predictedPositives - above;
    const [low, high] = [bounds[cell]!, bounds[cell + 1]!];
    if (within === counts[cell]) return low;
    if (within < counts[cell]!) {
      const decision = high - ((high - low) * within) / counts[cell]!;
      return Number.isFinite(decision) ? decision : undefined;
    }
    above += counts[cell]!;
  }
  return undefined;
}
