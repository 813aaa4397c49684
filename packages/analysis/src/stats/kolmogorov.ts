/** The distribution of Kolmogorov's D, the largest distance between a distribution and a sample of it. */
import { lnGamma } from "./gamma.ts";

/** P(√n D > x) for n without end (Kolmogorov 1933): one of its two series, whichever is short. */
export function kolmogorovLimitTail(x: number): number {
  if (!(x > 0)) return 1;
  if (x < 1) return 1 - kolmogorovLimitBelow(x);
  let sum = 0;
  for (let k = 1; k <= 100; k++) {
    const term = Math.exp(-2 * k * k * x * x);
    sum += k % 2 === 1 ? term : -term;
    if (term < 1e-17 * sum) break;
  }
  return Math.min(1, 2 * sum);
}

function kolmogorovLimitBelow(x: number): number {
  let sum = 0;
  for (let k = 1; k <= 50; k++) sum += Math.exp((-((2 * k - 1) ** 2) * Math.PI ** 2) / (8 * x * x));
  return (Math.sqrt(2 * Math.PI) / x) * sum;
}

/** Exact by a matrix up to so many values. */
const exactUpTo = 140;
/** Beyond so many the one-sided sum has too many terms, and its limit is exact enough. */
const summedUpTo = 1_000_000;

/** P(D > d) for a sample of n values, after the choice of methods by Simard and L'Ecuyer (2011). */
export function kolmogorovTail(d: number, n: number): number {
  if (!(Number.isInteger(n) && n > 0)) throw new RangeError(`n: ${n}: expected a whole number from 1`);
  if (d >= 1) return 0;
  const t = n * d;
  if (t <= 0.5) return 1;
  if (t <= 1) return 1 - Math.exp(lnGamma(n + 1) - n * Math.log(n) + n * Math.log(2 * t - 1));
  if (t >= n - 1) return 2 * (1 - d) ** n;
  if (d >= 0.5) return Math.min(1, 2 * oneSidedTail(d, n));
  const nd2 = t * d;
  if (nd2 >= 370) return 0;
  if (nd2 > (n <= exactUpTo ? 4 : 2.2)) return Math.min(1, 2 * oneSidedTail(d, n));
  const below = n <= exactUpTo || (n <= 100_000 && n * d ** 1.5 <= 1.4) ? durbinBelow(d, n) : pelzGoodBelow(d, n);
  return Math.min(1, Math.max(0, 1 - below));
}

/** P(D+ > d): the sum of Birnbaum and Tingey (1951) term by term in logarithms. */
function oneSidedTail(d: number, n: number): number {
  if (n > summedUpTo) return Math.exp(-((6 * n * d + 1) ** 2) / (18 * n));
  const lnFactorial = lnGamma(n + 1);
  let sum = 0;
  for (let v = 0; v <= Math.floor(n * (1 - d)); v++) {
    const rest = 1 - d - v / n;
    if (rest <= 0) break;
    const lnChoose = lnFactorial - lnGamma(v + 1) - lnGamma(n - v + 1);
    sum += Math.exp(lnChoose + (v - 1) * Math.log(d + v / n) + (n - v) * Math.log(rest));
  }
  return d * sum;
}

/** P(D <= d) as an element of the n-th power of a matrix (Durbin 1973; Marsaglia, Tsang and Wang 2003). */
function durbinBelow(d: number, n: number): number {
  const k = Math.floor(n * d) + 1;
  const m = 2 * k - 1;
  const h = k - n * d;
  let matrix = new Float64Array(m * m);
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) matrix[i * m + j] = i - j + 1 < 0 ? 0 : 1;
  for (let i = 0; i < m; i++) {
    matrix[i * m] = matrix[i * m]! - h ** (i + 1);
    matrix[(m - 1) * m + i] = matrix[(m - 1) * m + i]! - h ** (m - i);
  }
  matrix[(m - 1) * m] = matrix[(m - 1) * m]! + (2 * h - 1 > 0 ? (2 * h - 1) ** m : 0);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < m; j++)
      if (i - j + 1 > 0) for (let of = 1; of <= i - j + 1; of++) matrix[i * m + j] = matrix[i * m + j]! / of;
  let power = identity(m);
  let scale = 0;
  let scaleOfMatrix = 0;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) {
      power = product(power, matrix, m);
      scale += scaleOfMatrix;
      scale += rescale(power, k, m);
    }
    matrix = product(matrix, matrix, m);
    scaleOfMatrix = 2 * scaleOfMatrix + rescale(matrix, k, m);
  }
  const lnBelow = Math.log(power[(k - 1) * m + k - 1]!) + scale + lnGamma(n + 1) - n * Math.log(n);
  return Math.exp(lnBelow);
}

function identity(m: number): Float64Array<ArrayBuffer> {
  const result = new Float64Array(m * m);
  for (let i = 0; i < m; i++) result[i * m + i] = 1;
  return result;
}

function product(a: Float64Array, b: Float64Array, m: number): Float64Array<ArrayBuffer> {
  const result = new Float64Array(m * m);
  for (let i = 0; i < m; i++)
    for (let k = 0; k < m; k++) {
      const factor = a[i * m + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < m; j++) result[i * m + j] = result[i * m + j]! + factor * b[k * m + j]!;
    }
  return result;
}

/** Divides by the middle element where it grows large; the logarithm of what it was divided by. */
function rescale(matrix: Float64Array, k: number, m: number): number {
  const middle = matrix[(k - 1) * m + k - 1]!;
  if (!(middle > 1e140)) return 0;
  for (let i = 0; i < matrix.length; i++) matrix[i] = matrix[i]! / middle;
  return Math.log(middle);
}

/** P(D <= d) to the order n^-3/2 (Pelz and Good 1976). */
function pelzGoodBelow(d: number, n: number): number {
  const z = Math.sqrt(n) * d;
  const z2 = z * z;
  const z4 = z2 * z2;
  const z6 = z4 * z2;
  const pi2 = Math.PI ** 2;
  const [k0, k1, k2, k3] = [0, 0, 0, 0].map(() => ({ sum: 0 }));
  const terms = Math.ceil((16 * z) / Math.PI) + 1;
  for (let k = 1; k <= terms; k++) {
    const o2 = (2 * k - 1) ** 2;
    const odd = Math.exp((-o2 * pi2) / (8 * z2));
    k0!.sum += odd;
    k1!.sum += ((pi2 / 4) * o2 - z2) * odd;
    k2!.sum += (6 * z6 + 2 * z4 + (pi2 / 4) * (2 * z4 - 5 * z2) * o2 + (pi2 ** 2 / 16) * (1 - 2 * z2) * o2 * o2) * odd;
    k3!.sum +=
      ((pi2 ** 3 / 64) * (5 - 30 * z2) * o2 ** 3 +
        (pi2 ** 2 / 16) * (212 * z4 - 60 * z2) * o2 * o2 +
        (pi2 / 4) * (135 * z4 - 96 * z6) * o2 -
        30 * z6 -
        90 * z4 * z4) *
      odd;
  }
  let [even2, even3] = [0, 0];
  for (let k = 1; k <= terms; k++) {
    const e2 = k * k;
    const even = Math.exp((-e2 * pi2) / (2 * z2));
    even2 += e2 * even;
    even3 += (3 * z2 - pi2 * e2) * e2 * even;
  }
  const root = Math.sqrt(2 * Math.PI);
  const first = (root / z) * k0!.sum;
  const second = (root / (6 * z4)) * k1!.sum;
  const third = (root / (72 * z6 * z)) * k2!.sum - ((pi2 * root) / (36 * z2 * z)) * even2;
  const fourth = (root / (6480 * z6 * z4)) * k3!.sum + ((pi2 * root) / (216 * z6)) * even3;
  return first + second / Math.sqrt(n) + third / n + fourth / n ** 1.5;
}
