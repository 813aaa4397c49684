/**
 * Qn of Rousseeuw and Croux (1993): a standard deviation from the smaller distances between pairs. As robust as the MAD and
 * more than twice as exact (82 % of a standard deviation's information, MAD 37 %), which counts with 20 values.
 */
import { selectPrefix } from "./median.ts";

/** Share of the information of n - 1 degrees of freedom that it keeps, normal noise. */
export const pairScaleEfficiency = 0.82;

/** Of a sorted prefix of at least 2 values, else NaN. `scratch` holds n (n - 1) / 2 distances. Quadratic: for tens of values. */
export function pairScaleOfSorted(sorted: Float64Array, n: number, scratch: Float64Array): number {
  if (n < 2) return Number.NaN;
  let pairs = 0;
  for (let i = 1; i < n; i++) for (let j = 0; j < i; j++) scratch[pairs++] = sorted[i]! - sorted[j]!;
  const half = (n >> 1) + 1;
  const place = (half * (half - 1)) / 2;
  // The published corrections for small n, made smooth.
  const correction = n % 2 === 1 ? n / (n + 1.4) : n / (n + 3.8);
  return 2.2219 * correction * selectPrefix(scratch, pairs, place - 1);
}
