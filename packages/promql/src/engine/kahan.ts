/** Kahan summation in Neumaier's variant, step by step as Prometheus takes it. */

/** A running sum and what rounding has lost of it so far. */
export type RunningSum = { sum: number; lost: number };

export function addTo(running: RunningSum, value: number): void {
  const total = running.sum + value;
  running.lost = lostAfter(running.lost, running.sum, value, total);
  running.sum = total;
}

/** What is lost in all once `total`, the rounded `sum + value`, is the sum; nothing counts beside an infinite one. */
export function lostAfter(lost: number, sum: number, value: number, total: number): number {
  if (isInfinite(total)) return 0;
  return Math.abs(sum) >= Math.abs(value) ? lost + (sum - total + value) : lost + (value - total + sum);
}

export function isInfinite(value: number): boolean {
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
}

/** Of values[first, end), at least one. */
export function sumOf(values: Float64Array, first: number, end: number): number {
  let sum = 0;
  let lost = 0;
  for (let i = first; i < end; i++) {
    const value = values[i]!;
    const total = sum + value;
    lost = lostAfter(lost, sum, value, total);
    sum = total;
  }
  return isInfinite(sum) ? sum : sum + lost;
}

/**
 * Mean of values[first, end), at least one: sum over count as long as the sum stays finite, incremental from there on,
 * so that values whose sum overflows still have a mean.
 */
export function meanOf(values: Float64Array, first: number, end: number): number {
  let sum = values[first]!;
  let lost = 0;
  for (let i = first + 1; i < end; i++) {
    const value = values[i]!;
    const total = sum + value;
    if (isInfinite(total)) return incrementalMean(values, i, end, i - first, { sum, lost });
    lost = lostAfter(lost, sum, value, total);
    sum = total;
  }
  return sum / (end - first) + lost / (end - first);
}

/** Goes on from `from`, of which `count` values before sum up to `before`. */
function incrementalMean(values: Float64Array, from: number, end: number, count: number, before: RunningSum): number {
  const mean: RunningSum = { sum: before.sum / count, lost: before.lost / count };
  let seen = count;
  for (let i = from; i < end; i++) {
    seen++;
    const share = (seen - 1) / seen;
    mean.sum *= share;
    mean.lost *= share;
    addTo(mean, values[i]! / seen);
  }
  return mean.sum + mean.lost;
}

/** Of values[first, end), at least one: Welford's algorithm with compensated sums. */
export function varianceOf(values: Float64Array, first: number, end: number): number {
  let mean = 0;
  let meanLost = 0;
  let squares = 0;
  let squaresLost = 0;
  for (let i = first; i < end; i++) {
    const value = values[i]!;
    const delta = value - (mean + meanLost);
    const share = delta / (i - first + 1);
    const nextMean = mean + share;
    meanLost = lostAfter(meanLost, mean, share, nextMean);
    mean = nextMean;
    const square = delta * (value - (mean + meanLost));
    const nextSquares = squares + square;
    squaresLost = lostAfter(squaresLost, squares, square, nextSquares);
    squares = nextSquares;
  }
  return (squares + squaresLost) / (end - first);
}
