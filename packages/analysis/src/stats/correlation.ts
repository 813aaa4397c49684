/** Pearson's correlation over the places where both are finite; NaN with fewer than three, or where one does not vary. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let n = 0;
  let sumA = 0;
  let sumB = 0;
  for (let i = 0; i < a.length; i++) {
    if (!Number.isFinite(a[i]!) || !Number.isFinite(b[i]!)) continue;
    n++;
    sumA += a[i]!;
    sumB += b[i]!;
  }
  if (n < 3) return Number.NaN;
  let aa = 0;
  let bb = 0;
  let ab = 0;
  for (let i = 0; i < a.length; i++) {
    if (!Number.isFinite(a[i]!) || !Number.isFinite(b[i]!)) continue;
    const da = a[i]! - sumA / n;
    const db = b[i]! - sumB / n;
    aa += da * da;
    bb += db * db;
    ab += da * db;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : Number.NaN;
}

/** Of a series with itself one place later; NaN as above. */
export function lagOneCorrelation(values: Float64Array): number {
  return correlation(values.subarray(0, values.length - 1), values.subarray(1));
}
