/** The gamma function's logarithm and tails, and the chi-square distribution made of them. */

/** Lanczos' coefficients for g = 607/128 (Godfrey 2001): relative error below 1e-15. */
const lanczos = [
  0.9999999999999971, 57.15623566586292, -59.59796035547549, 14.136097974741746, -0.4919138160976202,
  3.399464998481189e-5, 4.652362892704858e-5, -9.837447530487956e-5, 0.0001580887032249125, -0.00021026444172410488,
  0.00021743961811521265, -0.0001643181065367639, 8.441822398385275e-5, -2.6190838401581408e-5, 3.6899182659531625e-6,
];
const g = 607 / 128;

/** ln Γ(x) for x > 0. */
export function lnGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lnGamma(1 - x);
  const y = x - 1;
  let sum = lanczos[0]!;
  for (let i = 1; i < lanczos.length; i++) sum += lanczos[i]! / (y + i);
  const t = y + g + 0.5;
  return Math.log(Math.sqrt(2 * Math.PI) * sum) + (y + 0.5) * Math.log(t) - t;
}

const maxTerms = 100_000;
const precision = 1e-16;

/** Γ(a, x) / Γ(a), a > 0, x >= 0: by its series below a + 1, by Lentz' continued fraction above (both of Abramowitz and Stegun 6.5). */
export function gammaUpperTail(a: number, x: number): number {
  if (!(a > 0)) throw new RangeError(`a: ${a}: expected more than 0`);
  if (!(x > 0)) return 1;
  const factor = a * Math.log(x) - x - lnGamma(a);
  return x < a + 1 ? 1 - lowerSeries(a, x, factor) : upperFraction(a, x, factor);
}

function lowerSeries(a: number, x: number, factor: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < maxTerms; n++) {
    term *= x / (a + n);
    sum += term;
    if (term < sum * precision) break;
  }
  return Math.exp(factor) * sum;
}

function upperFraction(a: number, x: number, factor: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < maxTerms; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = numerator * d + b;
    if (Math.abs(d) < tiny) d = tiny;
    c = b + numerator / c;
    if (Math.abs(c) < tiny) c = tiny;
    d = 1 / d;
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < precision) break;
  }
  return Math.exp(factor) * fraction;
}

/** P(X > x) of chi-square with so many degrees of freedom; 1 where there are none. */
export function chiSquareUpperTail(x: number, freedom: number): number {
  return freedom < 1 ? 1 : gammaUpperTail(freedom / 2, x / 2);
}

/** The x with P(X > x) = p, 0 < p < 1; 0 for no degrees of freedom. Bisection, then Newton. */
export function chiSquareUpperQuantile(p: number, freedom: number): number {
  if (freedom < 1) return 0;
  let [low, high] = [0, freedom + 10];
  while (chiSquareUpperTail(high, freedom) > p) [low, high] = [high, 2 * high];
  let x = (low + high) / 2;
  for (let i = 0; i < 200; i++) {
    const tail = chiSquareUpperTail(x, freedom);
    if (tail > p) low = x;
    else high = x;
    const density = Math.exp((freedom / 2 - 1) * Math.log(x / 2) - x / 2 - lnGamma(freedom / 2)) / 2;
    const newton = x + (tail - p) / density;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - x) <= 4e-16 * x) return next;
    x = next;
  }
  return x;
}
