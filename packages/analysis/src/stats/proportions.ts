/** Two shares compared: x of n, and y of m. */
import { lnGamma } from "./gamma.ts";
import { normalUpperQuantile, normalUpperTail } from "./upper-tail.ts";

export type TwoProportions = {
  /** (y/m - x/n) over its standard error with the pooled share. */
  readonly z: number;
  readonly p: number;
};

export function twoProportions(x: number, n: number, y: number, m: number): TwoProportions {
  const pooled = (x + y) / (n + m);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  const z = error === 0 ? 0 : (y / m - x / n) / error;
  return { z, p: Math.min(1, 2 * normalUpperTail(Math.abs(z))) };
}

/** Counts as likely as the one seen, but for rounding. */
const asLikely = 1 + 1e-7;

/** Fisher's exact test, two-sided: all tables with the same sums that are no likelier. */
export function fisherExact(x: number, n: number, y: number, m: number): number {
  const hits = x + y;
  const lnChoose = (of: number, k: number) => lnGamma(of + 1) - lnGamma(k + 1) - lnGamma(of - k + 1);
  const all = lnChoose(n + m, hits);
  const chance = (k: number) => Math.exp(lnChoose(n, k) + lnChoose(m, hits - k) - all);
  const seen = chance(x) * asLikely;
  let p = 0;
  for (let k = Math.max(0, hits - m); k <= Math.min(n, hits); k++) {
    const each = chance(k);
    if (each <= seen) p += each;
  }
  return Math.min(1, p);
}

/** Wilson's interval (1927) of a share, two-sided. */
export function wilsonInterval(y: number, m: number, alpha = 0.05): readonly [number, number] {
  const z = normalUpperQuantile(alpha / 2);
  const share = y / m;
  const middle = share + (z * z) / (2 * m);
  const half = z * Math.sqrt((share * (1 - share)) / m + (z * z) / (4 * m * m));
  const scale = 1 + (z * z) / m;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}
