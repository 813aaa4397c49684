/** Where in a window the trouble begins and ends: a fault seldom waits for a window's edge. */
import { madSigma, median } from "../stats/median.ts";

/** Steps of the window, from 0. */
export type Span = { readonly first: number; readonly last: number };

/** Fewer steps at an edge are noise, and so are those that are not this many standard errors below half of the level. */
const minCut = 2;
const cutErrors = 2.5;

/**
 * `log`: by step, how much slower than the peers, natural logarithms; NaN where it was not heard. Trouble is the stretch in which
 * most is above half of its level; steps before and after it are left out where they are lower beyond doubt.
 */
export function troubleSpan(log: Float64Array): Span {
  const level = median(log);
  const whole = { first: 0, last: log.length - 1 };
  const half = level / 2;
  const best = heaviest(log, half);
  const inside = log.subarray(best.first, best.last + 1);
  const noise = madSigma(inside);
  const isLow = (from: number, to: number) => {
    const known = log.subarray(from, to).filter((value) => !Number.isNaN(value));
    if (known.length < minCut) return false;
    const mean = known.reduce((sum, value) => sum + Math.min(value, level), 0) / known.length;
    return (half - mean) * Math.sqrt(known.length) >= cutErrors * noise;
  };
  return {
    first: isLow(0, best.first) ? best.first : whole.first,
    last: isLow(best.last + 1, log.length) ? best.last : whole.last,
  };
}

/** The stretch with the largest sum above `half`; all of it where nothing is above. */
function heaviest(log: Float64Array, half: number): Span {
  let best = { first: 0, last: log.length - 1 };
  let most = 0;
  let sum = 0;
  let first = 0;
  for (const [step, value] of log.entries()) {
    if (sum <= 0) {
      sum = 0;
      first = step;
    }
    if (!Number.isNaN(value)) sum += value - half;
    if (sum > most) {
      most = sum;
      best = { first, last: step };
    }
  }
  return best;
}

/** By step, the middle of several rows of `steps` numbers. */
export function middleRow(log: Float64Array, steps: number, rows: readonly number[]): Float64Array {
  return Float64Array.from({ length: steps }, (_, step) =>
    median(Float64Array.from(rows, (row) => log[row * steps + step]!)),
  );
}
