/**
 * Numbers that look random and follow from the seed. Draws of a healthy job do not depend on the fault it is given, so that
 * the same seed without the fault is its counterfactual; each subject therefore has a stream of its own.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Any string of the stream's name keeps two streams of a seed apart. */
  constructor(seed: number, stream: string) {
    let hash = 0x811c9dc5 ^ seed;
    for (const char of stream) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    this.#a = hash | 0;
    this.#b = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0;
    this.#c = Math.imul(hash ^ seed, 0xc2b2ae35) | 0;
    for (let i = 0; i < 16; i++) this.u32();
  }

  /** Small fast counting generator: three words of state and a counter, period at least 2^32. */
  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** In [0, 1). */
  uniform(): number {
    return this.u32() / 4_294_967_296;
  }

  between({ low, high }: { readonly low: number; readonly high: number }): number {
    return low + (high - low) * this.uniform();
  }

  /** In [0, below). */
  integer(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.integer(values.length)]!;
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Mean 1. */
  exponential(): number {
    return -Math.log(1 - this.uniform());
  }

  /** Mean 1 with coefficient of variation `cv`. */
  lognormal(cv: number): number {
    const variance = Math.log1p(cv * cv);
    return Math.exp(Math.sqrt(variance) * this.normal() - variance / 2);
  }
}

/** Bits of a table's index; two indexes fit in one number drawn. */
export const tableBits = 12;
const tableSize = 1 << tableBits;
export const tableMask = tableSize - 1;

/**
 * Quantiles, for the millions of draws of the inner loop: one of them at random is a draw of the distribution, cut at
 * ±3.7 standard deviations, beyond which the pauses and congestion of the parameters speak anyway.
 */
export function lognormalTable(cv: number): Float64Array {
  const variance = Math.log1p(cv * cv);
  const sigma = Math.sqrt(variance);
  return Float64Array.from({ length: tableSize }, (_, i) =>
    Math.exp(sigma * normalQuantile((i + 0.5) / tableSize) - variance / 2),
  );
}

export function exponentialTable(mean: number): Float64Array {
  return Float64Array.from({ length: tableSize }, (_, i) => -mean * Math.log(1 - (i + 0.5) / tableSize));
}

/** By bisection of the integral of the density (Simpson): slow and exact, made once for all jobs. */
const quantiles = standardNormalQuantiles();

/** To a table's accuracy; p in (0, 1). */
export function normalQuantile(p: number): number {
  return quantiles[Math.min(tableSize - 1, Math.floor(p * tableSize))]!;
}

function standardNormalQuantiles(): Float64Array {
  const step = 1e-3;
  const density = (x: number) => Math.exp(-x * x * 0.5) / Math.sqrt(2 * Math.PI);
  const result = new Float64Array(tableSize);
  let x = 0;
  let below = 0.5;
  for (let i = tableSize / 2; i < tableSize; i++) {
    const p = (i + 0.5) / tableSize;
    for (;;) {
      const slice = (step / 6) * (density(x) + 4 * density(x + step / 2) + density(x + step));
      if (below + slice > p) break;
      below += slice;
      x += step;
    }
    result[i] = x + (p - below) / density(x);
    result[tableSize - 1 - i] = -result[i]!;
  }
  return result;
}
