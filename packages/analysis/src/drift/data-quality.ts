/** What is wrong with the data itself: values that are missing, categories that came or went, numbers out of range. */
import { fisherExact, twoProportions } from "../stats/proportions.ts";
import { type MatchedCells, NEW } from "./match-cells.ts";

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
  const { newShare, lostShare } = shares;
  const trouble =
    now - before >= leastRise && sure
      ? `${percent(now)} of the values are missing, ${percent(before)} before`
      : newShare !== undefined && newShare >= leastNew && isMore(0, n, newShare * m, m)
        ? `${percent(newShare)} are of categories that were not there before`
        : lostShare !== undefined && lostShare >= leastLost && m * lostShare >= 10
          ? `categories that were ${percent(lostShare)} have gone`
          : undefined;
  return { missingRate, newShare, lostShare, outside, trouble };
}

/** Whether so much lies out of range that a unit or a sensor is wrong rather than the world different. */
export function isFarOutside(outside: number | undefined): boolean {
  return outside !== undefined && outside >= leastOutside;
}

function categoryShares({ names, baseline, current }: MatchedCells & { form: "categories" }, n: number, m: number) {
  if (!(n > 0 && m > 0)) return { newShare: undefined, lostShare: undefined };
  const fresh = names.indexOf(NEW);
  const lost = baseline.reduce((sum, count, cell) => sum + (current[cell] === 0 ? count : 0), 0);
  return { newShare: fresh < 0 ? 0 : current[fresh]! / m, lostShare: lost / n };
}

/** Share in cells beyond the baseline's 0.1th and 99.9th percentile. */
function outsideShare({ baseline, current }: MatchedCells & { form: "numeric" }, n: number, m: number): number {
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
  return counts.reduce((sum, count) => sum + count, 0);
}
