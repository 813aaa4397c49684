/** Random numbers that are a function of (seed, stream, index): the same moment is drawn the same in every run. */
import { uniform } from "../model/noise.ts";

const TWO_32 = 4294967296;
/** From this mean on a count is as good as normal. */
const NORMAL_FROM = 40;

export class Draws {
  readonly #key: number;
  #drawn = 0;

  /** `index` is a whole number: 32 bits of it count. */
  constructor(seed: number, stream: number, index: number) {
    this.#key = Math.floor(uniform(seed, stream, index) * TWO_32);
  }

  /** In (0, 1). */
  uniform(): number {
    return uniform(this.#key, 1, this.#drawn++) + 0.5 / TWO_32;
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  poisson(mean: number): number {
    if (mean >= NORMAL_FROM) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = -1;
    for (let product = 1; product > limit; count++) product *= this.uniform();
    return Math.max(0, count);
  }

  /** Successes among `n` trials. */
  binomial(n: number, p: number): number {
    // Less often than once in the life of a demo.
    if (n * p < 1e-9) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - this.binomial(n, 1 - p);
    if (n * p >= NORMAL_FROM) {
      const drawn = Math.round(n * p + Math.sqrt(n * p * (1 - p)) * this.normal());
      return Math.min(n, Math.max(0, drawn));
    }
    // Inversion: the chance of each count follows from that of the one before.
    const odds = p / (1 - p);
    let chance = (1 - p) ** n;
    let left = this.uniform();
    let count = 0;
    while (left > chance && count < n) {
      left -= chance;
      count++;
      chance *= (odds * (n - count + 1)) / count;
    }
    return count;
  }

  /** `n` thrown into cells of these shares (which sum to 1), `times` added for each to `into` from `at` on. */
  multinomial(n: number, shares: ArrayLike<number>, into: Float64Array, at = 0, times = 1): void {
    let left = n;
    let share = 1;
    for (let cell = 0; cell < shares.length && left > 0; cell++) {
      const last = cell === shares.length - 1;
      const drawn = last ? left : this.binomial(left, Math.min(1, shares[cell]! / Math.max(share, 1e-12)));
      into[at + cell]! += drawn * times;
      left -= drawn;
      share -= shares[cell]!;
    }
  }
}

/** Requests of a stretch of time: some come alone, some in sessions of like requests. */
export type Arrivals = { readonly single: number; readonly sessions: number };

export const SESSION_LENGTH = 4;
/** Share of the requests that belong to a session. */
export const IN_SESSIONS = 0.4;

/** Around `mean` requests. Counts of cells then scatter 1 + IN_SESSIONS (SESSION_LENGTH - 1) times as much as of independent ones. */
export function drawArrivals(draws: Draws, mean: number): Arrivals {
  const single = draws.poisson(mean * (1 - IN_SESSIONS));
  return { single, sessions: draws.poisson((mean * IN_SESSIONS) / SESSION_LENGTH) };
}

export function requestsOf({ single, sessions }: Arrivals): number {
  return single + sessions * SESSION_LENGTH;
}

/** Throws them into cells; the requests of a session fall into one. */
export function drawCells(draws: Draws, arrivals: Arrivals, shares: ArrayLike<number>, into: Float64Array, at = 0) {
  draws.multinomial(arrivals.single, shares, into, at);
  draws.multinomial(arrivals.sessions, shares, into, at, SESSION_LENGTH);
}
