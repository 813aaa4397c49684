/** Quantiles of plain values. */

/**
 * Interpolates between the two nearest values; -Inf below 0, +Inf above 1, NaN before all numbers as Prometheus sorts
 * it. Reorders `values`.
 */
export function quantileOf(quantile: number, values: Float64Array): number {
  const count = values.length;
  if (count === 0 || Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return Number.NEGATIVE_INFINITY;
  if (quantile > 1) return Number.POSITIVE_INFINITY;
  const numbers = moveNaNToFront(values);
  const rank = quantile * (count - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(count - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  if (lower >= numbers) select(values, numbers, count - 1, lower);
  const above = upper > lower ? leastFrom(values, Math.max(upper, numbers), upper < numbers) : values[lower]!;
  return values[lower]! * (1 - weight) + above * weight;
}

/** How many NaN there are, now the first ones. */
function moveNaNToFront(values: Float64Array): number {
  let found = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i]!)) continue;
    values[i] = values[found]!;
    values[found++] = Number.NaN;
  }
  return found;
}

function leastFrom(values: Float64Array, from: number, isNaNBefore: boolean): number {
  if (isNaNBefore) return Number.NaN;
  let least = values[from]!;
  for (let i = from + 1; i < values.length; i++) if (values[i]! < least) least = values[i]!;
  return least;
}

/** Hoare's selection: afterwards values[at] is the one that sorting would put there, smaller before, larger behind. */
function select(values: Float64Array, from: number, to: number, at: number): void {
  let left = from;
  let right = to;
  while (left < right) {
    const pivot = medianOfThree(values[left]!, values[(left + right) >>> 1]!, values[right]!);
    let low = left;
    let high = right;
    while (low <= high) {
      while (values[low]! < pivot) low++;
      while (values[high]! > pivot) high--;
      if (low > high) break;
      const swap = values[low]!;
      values[low++] = values[high]!;
      values[high--] = swap;
    }
    if (at <= high) right = high;
    else if (at >= low) left = low;
    else return;
  }
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
