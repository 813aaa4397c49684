/** Cut off at each end: what a fifth of the values does, does not move the mean. */
const cut = 0.2;

/** Standard error of a 20 % trimmed mean in standard errors of a mean, normal noise (asymptotic variance 1.114). */
export const trimmedMeanError = 1.0555;

/** Of a sorted prefix; NaN of nothing. Nearly as exact as a mean (90 %; a median has 64 %) and hardly less robust than a median. */
export function trimmedMeanOfSorted(sorted: Float64Array, n: number): number {
  const from = Math.floor(cut * n);
  let sum = 0;
  for (let i = from; i < n - from; i++) sum += sorted[i]!;
  return sum / (n - 2 * from);
}
