/**
 * Order statistics over the first `n` numbers of a buffer that the caller owns and lets us reorder: a window takes hundreds
 * of thousands of medians of small sets, so nothing is allocated here.
 */

/** Makes a MAD the standard deviation of a normal distribution: 1 / Φ⁻¹(3/4). */
export const madToSigma = 1.4826022185056018;

/** Standard error of a median in standard errors of a mean, normal noise: √(π/2). */
export const medianError = 1.2533141373155003;

const insertionLimit = 40;

/** Sorts buffer[0, n) upwards. No NaN allowed. */
export function sortPrefix(buffer: Float64Array, n: number): void {
  if (n > insertionLimit) {
    buffer.subarray(0, n).sort();
    return;
  }
  for (let i = 1; i < n; i++) {
    const value = buffer[i]!;
    let j = i - 1;
    while (j >= 0 && buffer[j]! > value) {
      buffer[j + 1] = buffer[j]!;
      j--;
    }
    buffer[j + 1] = value;
  }
}

/** The value that would stand at `place` if buffer[0, n) were sorted; reorders it (Hoare's selection). */
export function selectPrefix(buffer: Float64Array, n: number, place: number): number {
  let low = 0;
  let high = n - 1;
  while (low < high) {
    const pivot = buffer[(low + high) >> 1]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (buffer[i]! < pivot) i++;
      while (buffer[j]! > pivot) j--;
      if (i > j) break;
      const value = buffer[i]!;
      buffer[i++] = buffer[j]!;
      buffer[j--] = value;
    }
    if (place <= j) high = j;
    else if (place >= i) low = i;
    else break;
  }
  return buffer[place]!;
}

/** Of a sorted prefix; NaN of nothing. */
export function medianOfSorted(sorted: Float64Array, n: number): number {
  if (n === 0) return Number.NaN;
  const half = n >> 1;
  return n % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Median of the others when one occurrence of `own` is taken out of a sorted prefix; NaN when nothing is left. */
export function medianOfOthers(sorted: Float64Array, n: number, own: number): number {
  const others = n - 1;
  if (others < 1) return Number.NaN;
  const half = others >> 1;
  if (others % 2 === 1) return withoutOwn(sorted, half, own);
  return (withoutOwn(sorted, half - 1, own) + withoutOwn(sorted, half, own)) / 2;
}

function withoutOwn(sorted: Float64Array, index: number, own: number): number {
  const value = sorted[index]!;
  return value < own ? value : sorted[index + 1]!;
}

/** Median of buffer[0, n), which is sorted by it. */
export function medianOfPrefix(buffer: Float64Array, n: number): number {
  sortPrefix(buffer, n);
  return medianOfSorted(buffer, n);
}

/** The same in less time where there are many, and buffer[0, n) is only reordered. */
export function medianBySelection(buffer: Float64Array, n: number): number {
  if (n === 0) return Number.NaN;
  const half = n >> 1;
  const upper = selectPrefix(buffer, n, half);
  if (n % 2 === 1) return upper;
  let lower = buffer[0]!;
  for (let i = 1; i < half; i++) if (buffer[i]! > lower) lower = buffer[i]!;
  return (lower + upper) / 2;
}

/** Median of the finite values; NaN when there are none. Leaves `values` as they are. */
export function median(values: ArrayLike<number>): number {
  const { buffer, n } = finiteOf(values);
  return medianBySelection(buffer, n);
}

/** Median distance of the finite values from `center`, in standard deviations of a normal distribution; NaN when there are none. */
export function madSigma(values: ArrayLike<number>, center: number = median(values)): number {
  const { buffer, n } = finiteOf(values);
  for (let i = 0; i < n; i++) buffer[i] = Math.abs(buffer[i]! - center);
  return madToSigma * medianBySelection(buffer, n);
}

function finiteOf(values: ArrayLike<number>): { buffer: Float64Array; n: number } {
  const buffer = new Float64Array(values.length);
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) buffer[n++] = value;
  }
  return { buffer, n };
}
