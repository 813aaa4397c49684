/**
 * How far out a z must lie so that a healthy job of any size opens no incident.
 *
 * z >= 4 is the least. A normal variable exceeds 4 once in 31,600 draws: enough for a few ranks, but 4,096 ranks compared
 * in every window would cross it in one window of eight. So the chance of a false alarm is a budget, shared out evenly over
 * the comparisons of a window (Bonferroni: it holds whatever their dependence, and TP ranks are dependent), and the scale
 * being an estimate is paid for with Student's t instead of the normal distribution.
 *
 * The budget is that of two windows in a row, since an incident takes two. They share three quarters of their steps: two
 * averages of correlation ρ are both above z no more often than their mean is, whose standard deviation is √((1 + ρ) / 2).
 * A window alone keeps five times the budget.
 */
import { normalUpperQuantile, normalUpperTail, studentUpperQuantile } from "../stats/upper-tail.ts";

/** A trimmed mean of scales keeps 90 % of what it is made of, and each scale pairScaleEfficiency of its values. */
const scaleEfficiency = 0.74;

/** Steps that a window shares with the next one: 15 of 20. */
const sharedSteps = 0.75;
const twoInARow = Math.sqrt((1 + sharedSteps) / 2);

/** `freedom`: degrees of freedom of the values that the scale was estimated from, summed over the units. */
export function zThreshold(base: number, budget: number, comparisons: number, freedom: number): number {
  if (comparisons < 1) return base;
  const perComparison = Math.min(0.5, budget / comparisons);
  const ofOneWindow = normalUpperTail(twoInARow * normalUpperQuantile(perComparison));
  return Math.max(base, studentUpperQuantile(ofOneWindow, scaleEfficiency * freedom));
}
