/** p-values of many tests, adjusted so that those at most alpha have a false-discovery rate of at most alpha. */

/** Benjamini and Hochberg (1995): holds for independent and positively dependent tests. In the order given; NaN stays and does not count. */
export function adjustedByBenjaminiHochberg(p: readonly number[]): number[] {
  return adjusted(p, () => 1);
}

/** Benjamini and Yekutieli (2001): whatever the dependence. */
export function adjustedByBenjaminiYekutieli(p: readonly number[]): number[] {
  return adjusted(p, (tests) => {
    let harmonic = 0;
    for (let i = 1; i <= tests; i++) harmonic += 1 / i;
    return harmonic;
  });
}

function adjusted(p: readonly number[], factorOf: (tests: number) => number): number[] {
  const order = [...p.keys()].filter((at) => !Number.isNaN(p[at]!)).sort((a, b) => p[b]! - p[a]!);
  const tests = order.length;
  const factor = factorOf(tests);
  const result = p.map(() => Number.NaN);
  let least = 1;
  for (const [behind, at] of order.entries()) {
    least = Math.min(least, (p[at]! * factor * tests) / (tests - behind));
    result[at] = least;
  }
  return result;
}
