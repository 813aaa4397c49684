/** Cells of equal width over a sample's range, as many as Doane (1976) has for its skewness, and one more for what lies outside. */

export type WideCells = {
  /** By fine cell. */
  readonly cellOf: readonly number[];
  readonly cells: number;
};

/** `bounds` are the edges of the fine cells that `counts` are of; their middles stand for the values. */
export function doaneCells(bounds: readonly number[], counts: readonly number[]): WideCells {
  const middles = counts.map((_, cell) => (bounds[cell]! + bounds[cell + 1]!) / 2);
  let [n, sum] = [0, 0];
  for (const [cell, count] of counts.entries()) {
    n += count;
    sum += count * middles[cell]!;
  }
  const mean = sum / n;
  let [second, third] = [0, 0];
  for (const [cell, count] of counts.entries()) {
    const off = middles[cell]! - mean;
    second += (count * off * off) / n;
    third += (count * off ** 3) / n;
  }
  const skewness = Math.abs(third / second ** 1.5);
  const deviation = Math.sqrt((6 * (n - 2)) / ((n + 1) * (n + 3)));
  const inside = Math.ceil(1 + Math.log2(n) + Math.log2(1 + skewness / deviation));
  const low = middles[counts.findIndex((count) => count > 0)]!;
  const high = middles[counts.findLastIndex((count) => count > 0)]!;
  const cellOf = middles.map((middle) => {
    if (middle < low || middle > high) return inside;
    return Math.min(inside - 1, Math.floor(((middle - low) / (high - low)) * inside));
  });
  return { cellOf, cells: inside + 1 };
}
