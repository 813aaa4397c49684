/** What is wrong with the data itself: values that are missing, categories that came or went, numbers out of range. */
import { fisherExact, twoProportions } from "../stats/proportions.ts";
import type { CategoryMatch, MatchedCells, NumericMatch } from "./match-cells.ts";

export type DataQuality = {
  readonly missingRate: number | undefined;
  readonly newShare: number | undefined;
  readonly lostShare: number | undefined;
  readonly outside: number | undefined;
  /** What is wrong, in words; undefined where nothing is. */
  readonly trouble: string | undefined;
};

type Missing = { readonly baseline: number; readonly current: number };

const alpha = 0.001;
/** A rise of the missing rate, or a share, below these is not worth an alert however sure it is. */
const leastRise = 0.05;
const leastNew = 0.01;
const leastLost = 0.05;
/** Of a category that has gone: by chance alone it is not seen once in e^10 windows. */
const rowsWanted = 10;
/** Of the baseline this much lies outside, on both sides together. */
const usuallyOutside = 0.002;
const leastOutside = 0.2;

export function dataQuality(match: MatchedCells, missing: Missing): DataQuality {
  const [n, m] = [sumOf(match.baseline), sumOf(match.current)];
  const before = missing.baseline / (n + missing.baseline);
  const now = missing.current / (m + missing.current);
  const missingRate = m + missing.current > 0 ? now : undefined;
  const shares =
    match.form === "categories" ? categoryShares(match, n, m) : { newShare: undefined, lostShare: undefined };
  const outside = match.form === "numeric" && n > 0 && m > 0 ? outsideShare(match, n, m) : undefined;
  const sure = isMore(missing.baseline, n + missing.baseline, missing.current, m + missing.current);
  const trouble =
    now - before >= leastRise && sure
      ? `${percent(now)} of the values are missing, ${percent(before)} before`
      : match.form === "categories"
        ? categoryTrouble(match, n, m, shares.newShare)
        : undefined;
  return { missingRate, ...shares, outside, trouble };
}

function categoryTrouble(match: CategoryMatch, n: number, m: number, newShare: number | undefined): string | undefined {
  if (newShare === undefined) return undefined;
  const { fresh, expectedFresh } = match;
  if (newShare - expectedFresh >= leastNew && isMore(expectedFresh * n, n, fresh, m)) {
    return `${percent(newShare)} are of categories that were not there before`;
  }
  const gone = match.baseline.flatMap((count, cell) =>
    match.current[cell] === 0 && (m * count) / n >= rowsWanted ? [count / n] : [],
  );
  const share = gone.reduce((sum, each) => sum + each, 0);
  return share >= leastLost ? `categories that were ${percent(share)} have gone` : undefined;
}

/** Whether so much lies out of range that a unit or a sensor is wrong rather than the world different. */
export function isFarOutside(outside: number | undefined): boolean {
  return outside !== undefined && outside >= leastOutside;
}

function categoryShares({ baseline, current, fresh }: CategoryMatch, n: number, m: number) {
  if (!(n > 0 && m > 0)) return { newShare: undefined, lostShare: undefined };
  const lost = baseline.reduce((sum, count, cell) => sum + (current[cell] === 0 ? count : 0), 0);
  return { newShare: fresh / m, lostShare: lost / n };
}

/** Share in cells beyond the baseline's 0.1th and 99.9th percentile. */
function outsideShare({ baseline, current }: NumericMatch, n: number, m: number): number {
  let [below, sum] = [0, 0];
  for (const [cell, count] of baseline.entries()) {
    const above = n - below - count;
    if (below + count <= (usuallyOutside / 2) * n || above + count <= (usuallyOutside / 2) * n) sum += current[cell]!;
    below += count;
  }
  return sum / m;
}

function isMore(x: number, n: number, y: number, m: number): boolean {
  if (!(n > 0 && m > 0)) return false;
  const rate = (x + y) / (n + m);
  const fewest = Math.min(n, m) * Math.min(rate, 1 - rate);
  const p = fewest < 5 ? fisherExact(x, n, y, m) : twoProportions(x, n, y, m).p;
  return y / m > x / n && p < alpha;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function sumOf(counts: readonly number[]): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
