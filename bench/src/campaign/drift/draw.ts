/** Counts drawn at random: as many rows as asked for over cells of given shares. */
import type { Random } from "../straggler/random.ts";

/** Below this mean the count is found by adding up its probabilities, above by rejection. */
const leastForRejection = 10;

/** How many of `n` happen, each with probability p. */
export function binomial(random: Random, n: number, p: number): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  return n * p < leastForRejection ? byInversion(random, n, p) : byRejection(random, n, p);
}

function byInversion(random: Random, n: number, p: number): number {
  const odds = p / (1 - p);
  let left = random.uniform();
  let probability = Math.exp(n * Math.log1p(-p));
  let k = 0;
  while (left > probability && k < n) {
    left -= probability;
    k++;
    probability *= ((n - k + 1) / k) * odds;
  }
  return k;
}

/** Transformed rejection with squeeze (Hörmann 1993, BTRS); p up to 1/2, n p from 10. */
function byRejection(random: Random, n: number, p: number): number {
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const middle = n * p + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  const odds = p / (1 - p);
  const mode = Math.floor((n + 1) * p);
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = 1 - random.uniform();
    const near = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / near + b) * u + middle);
    if (near >= 0.07 && v <= squeeze) return k;
    if (!(k >= 0 && k <= n)) continue;
    const height = Math.log((v * (2.83 + 5.1 / b) * deviation) / (a / (near * near) + b));
    const ratio =
      (mode + 0.5) * Math.log((mode + 1) / (odds * (n - mode + 1))) +
      (n + 1) * Math.log((n - mode + 1) / (n - k + 1)) +
      (k + 0.5) * Math.log((odds * (n - k + 1)) / (k + 1)) +
      stirlingRest(mode) +
      stirlingRest(n - mode) -
      stirlingRest(k) -
      stirlingRest(n - k);
    if (height <= ratio) return k;
  }
}

/** ln k! less Stirling's approximation at k + 1. */
function stirlingRest(k: number): number {
  if (k < 10) return smallRests[k]!;
  const x = k + 1;
  return (1 / 12 - (1 / 360 - 1 / 1260 / (x * x)) / (x * x)) / x;
}

const smallRests = Array.from({ length: 10 }, (_, k) => {
  let factorial = 0;
  for (let i = 2; i <= k; i++) factorial += Math.log(i);
  return factorial - (0.5 * Math.log(2 * Math.PI) + (k + 0.5) * Math.log(k + 1) - (k + 1));
});

/** Draws over the same cells again and again. */
export class CellDraw {
  readonly shares: readonly number[];
  readonly #ofRest: number[];
  readonly #own: Float64Array;
  readonly #other: Int32Array;

  /** Shares add up to 1. */
  constructor(shares: readonly number[]) {
    this.shares = shares;
    let rest = 1;
    this.#ofRest = shares.map((share) => {
      const part = rest > 0 ? Math.min(1, share / rest) : 1;
      rest -= share;
      return part;
    });
    const { own, other } = aliasTable(shares);
    this.#own = own;
    this.#other = other;
  }

  /** Counts of the cells; they add up to `rows`. */
  counts(random: Random, rows: number): number[] {
    // Row by row costs by rows, cell by cell by cells, and a cell about ten times as much as a row.
    return rows < 10 * this.shares.length ? this.#rowByRow(random, rows) : this.#cellByCell(random, rows);
  }

  #rowByRow(random: Random, rows: number): number[] {
    const cells = this.shares.length;
    const counts = new Array<number>(cells).fill(0);
    for (let row = 0; row < rows; row++) {
      const place = random.uniform() * cells;
      const cell = Math.floor(place);
      counts[place - cell < this.#own[cell]! ? cell : this.#other[cell]!]!++;
    }
    return counts;
  }

  #cellByCell(random: Random, rows: number): number[] {
    let left = rows;
    const counts = this.#ofRest.map((part) => {
      const count = binomial(random, left, part);
      left -= count;
      return count;
    });
    // Shares are rounded: whatever is left belongs to the last.
    counts[counts.length - 1]! += left;
    return counts;
  }
}

/** Vose's: each cell keeps a part of its column and gives the rest to another one. */
function aliasTable(shares: readonly number[]): { own: Float64Array; other: Int32Array } {
  const cells = shares.length;
  const own = Float64Array.from(shares, (share) => share * cells);
  const other = Int32Array.from(shares.keys());
  const small: number[] = [];
  const large: number[] = [];
  for (let cell = 0; cell < cells; cell++) (own[cell]! < 1 ? small : large).push(cell);
  while (small.length > 0 && large.length > 0) {
    const poor = small.pop()!;
    const rich = large.at(-1)!;
    other[poor] = rich;
    own[rich]! -= 1 - own[poor]!;
    if (own[rich]! < 1) small.push(large.pop()!);
  }
  for (const cell of [...small, ...large]) own[cell] = 1;
  return { own, other };
}
