/**
 * How far out a z must lie so that a healthy window of any size names nobody.
 *
 * z >= 4 is the least. A normal variable exceeds 4 once in 31,600 draws: enough for a few ranks, but 4,096 ranks compared
 * in every window would cross it in one window of eight. So the chance of a false alarm is a budget of the window, shared
 * out evenly over its comparisons (Bonferroni: it holds whatever their dependence, and TP ranks are dependent), and the
 * scale being an estimate is paid for with Student's t instead of the normal distribution.
 */
import { studentUpperQuantile } from "../stats/upper-tail.ts";

/** A median of scales keeps this much of the information of all of them: pairScaleEfficiency times that of a median, 2/π. */
const scaleEfficiency = 0.52;

/** `freedom`: degrees of freedom of the values that the scale was estimated from, summed over the units. */
export function zThreshold(base: number, budget: number, comparisons: number, freedom: number): number {
  if (comparisons < 1) return base;
  const perComparison = Math.min(0.5, budget / comparisons);
  return Math.max(base, studentUpperQuantile(perComparison, scaleEfficiency * freedom));
}
