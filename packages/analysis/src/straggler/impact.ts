/**
 * How much longer the step takes because of something that adds `excessUs` to it, where no replay is
 * possible. 1.2 is 20 % longer; NaN where the step time is not known.
 */
export function slowdownBy(stepUs: number, excessUs: number): number {
  // More excess than step: it cannot all have been waited for, so no number is better than an infinite one.
  return excessUs < stepUs ? stepUs / (stepUs - Math.max(0, excessUs)) : Number.NaN;
}
