/** How a distribution falls into the cells of a histogram. */

export type LogNormal = { readonly weight: number; readonly median: number; readonly sigma: number };

/** Standard normal distribution function, within 1.5e-7 (Abramowitz and Stegun 7.1.26). */
export function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * poly * Math.exp(-x * x);
  return z >= 0 ? 1 - tail : tail;
}

/**
 * Shares of a mixture in the cells (-inf, b0], (b0, b1], ... (bn, inf), one more than `uppers`. What is above `limit` is at
 * `limit`.
 */
export function logNormalShares(
  parts: readonly LogNormal[],
  uppers: readonly number[],
  limit = Infinity,
): Float64Array {
  const shares = new Float64Array(uppers.length + 1);
  let before = 0;
  for (let cell = 0; cell <= uppers.length; cell++) {
    const upper = uppers[cell] ?? Infinity;
    const upTo = upper >= limit ? 1 : mixtureCdf(parts, upper);
    shares[cell] = Math.max(0, upTo - before);
    before = upTo;
  }
  return shares;
}

function mixtureCdf(parts: readonly LogNormal[], value: number): number {
  if (value === Infinity) return 1;
  if (value <= 0) return 0;
  let sum = 0;
  for (const { weight, median, sigma } of parts) sum += weight * normalCdf(Math.log(value / median) / sigma);
  return sum;
}

/** Of a mixture whose values above `limit` are at it, about: from the cells' own middles. */
export function meanOf(shares: ArrayLike<number>, middles: readonly number[]): number {
  let sum = 0;
  for (let cell = 0; cell < middles.length; cell++) sum += shares[cell]! * middles[cell]!;
  return sum;
}

/** One value inside of each cell: the geometric middle of its edges; half of the first edge, one and a half of the last. */
export function middlesOf(uppers: readonly number[]): number[] {
  const last = uppers.at(-1) ?? 1;
  const inner = uppers.map((upper, i) => (i === 0 ? upper / 2 : Math.sqrt(upper * uppers[i - 1]!)));
  return [...inner, last * 1.5];
}

/** Shares of a beta distribution in `cells` equal cells of (0, 1), by the density at their middles. */
export function betaShares(alpha: number, beta: number, cells: number): Float64Array {
  const shares = Float64Array.from({ length: cells }, (_, cell) => {
    const x = (cell + 0.5) / cells;
    return x ** (alpha - 1) * (1 - x) ** (beta - 1);
  });
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}
