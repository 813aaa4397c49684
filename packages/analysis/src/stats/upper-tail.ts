/** Upper tails of the normal and Student's distribution, and how far out one has to go for a given chance. */

/** P(Z > z). Relative error below 1e-10 for z up to 37. Series below 3, Laplace's continued fraction above. */
export function normalUpperTail(z: number): number {
  if (z < 0) return 1 - normalUpperTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let k = 1; term > sum * 1e-17; k++) {
      term *= (z * z) / (2 * k + 1);
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let tail = z;
  for (let k = 60; k >= 1; k--) tail = z + k / tail;
  return density / tail;
}

/** The z with P(Z > z) = p, for 0 < p <= 0.5. Newton on the logarithm of the tail, which is nearly a parabola. */
export function normalUpperQuantile(p: number): number {
  if (!(p > 0 && p <= 0.5)) throw new RangeError(`p: ${p}: expected 0 < p <= 0.5`);
  let z = Math.sqrt(Math.max(0, -2 * Math.log(2 * p)));
  for (let i = 0; i < 50; i++) {
    const tail = normalUpperTail(z);
    const hazard = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / tail;
    const next = z + Math.log(tail / p) / hazard;
    if (Math.abs(next - z) < 1e-12) return Math.max(0, next);
    z = next;
  }
  return Math.max(0, z);
}

/**
 * The same of Student's t with `freedom` degrees. Wallace's approximation (1959), a normal quantile stretched:
 * t = √(ν (exp(z² ((8ν+3)/(8ν+1))⁻² / ν) − 1)); within 2 % of the tables for ν >= 5. Infinity for fewer than 3 degrees.
 */
export function studentUpperQuantile(p: number, freedom: number): number {
  const z = normalUpperQuantile(p);
  if (freedom > 1e7) return z;
  if (!(freedom >= 3)) return Number.POSITIVE_INFINITY;
  const shrink = (8 * freedom + 1) / (8 * freedom + 3);
  return Math.sqrt(freedom * Math.expm1((z / shrink) ** 2 / freedom));
}
