/**
 * Matched cells joined to as few as a test of counts can bear. What is joined follows from the sums of both sides alone, which
 * under no change tell nothing of their difference, so the test stays true. Of the baseline alone it could not: where all of it
 * lies in one cell, a current window that left that cell would be joined into it.
 */
import { type CategoryMatch, type MatchedCells, type NumericMatch, OTHER } from "./match-cells.ts";

/** Cells of equal shares. A cell that alone holds more than such a share stands alone, so there may be twice as many. */
const mostCells = 20;

/**
 * `rows`: n m / (n + m). Each cell then has an expected count of at least `leastRowsPerCell` on either side, or it is the
 * only one.
 */
export function joinCells(match: MatchedCells, rows: number, leastRowsPerCell: number): MatchedCells {
  let all = 0;
  for (let cell = 0; cell < match.baseline.length; cell++) all += match.baseline[cell]! + match.current[cell]!;
  const least = (all * leastRowsPerCell) / rows;
  return match.form === "numeric" ? joinNeighbours(match, all, least) : joinRare(match, least);
}

function joinNeighbours(match: NumericMatch, all: number, least: number): NumericMatch {
  const share = Math.max(all / mostCells, least);
  const bounds = [match.bounds[0]!];
  const baseline: number[] = [];
  const current: number[] = [];
  let [before, now, left] = [0, 0, all];
  const close = (edge: number) => {
    baseline.push(before);
    current.push(now);
    bounds.push(edge);
    [before, now] = [0, 0];
  };
  const cells = match.baseline.length;
  for (let cell = 0; cell < cells; cell++) {
    const [b, c] = [match.baseline[cell]!, match.current[cell]!];
    if (b + c >= share && before + now >= least) close(match.bounds[cell]!);
    [before, now, left] = [before + b, now + c, left - b - c];
    if (cell + 1 === cells || (before + now >= share && left >= least)) close(match.bounds[cell + 1]!);
  }
  return { ...match, bounds, baseline, current };
}

function joinRare(match: CategoryMatch, least: number): CategoryMatch {
  const sum = (cell: number) => match.baseline[cell]! + match.current[cell]!;
  const own = [...match.names.keys()].filter((cell) => match.names[cell] !== OTHER).sort((a, b) => sum(b) - sum(a));
  const rare = match.names.flatMap((name, cell) => (name === OTHER ? [cell] : []));
  let inRare = rare.reduce((all, cell) => all + sum(cell), 0);
  while (own.length > 0) {
    const last = own.at(-1)!;
    const isRareTooSmall = inRare > 0 && inRare < least;
    if (sum(last) >= least && !isRareTooSmall) break;
    // All rows of one category but a few: there is nothing to compare them with.
    if (isRareTooSmall && own.length === 1) return onlyCell(match, match.names[last]!);
    rare.push(own.pop()!);
    inRare += sum(last);
  }
  const total = (counts: readonly number[]) => rare.reduce((all, cell) => all + counts[cell]!, 0);
  const cells = (counts: readonly number[]) => [
    ...own.map((cell) => counts[cell]!),
    ...(inRare > 0 ? [total(counts)] : []),
  ];
  return {
    ...match,
    names: [...own.map((cell) => match.names[cell]!), ...(inRare > 0 ? [OTHER] : [])],
    baseline: cells(match.baseline),
    current: cells(match.current),
  };
}

function onlyCell(match: CategoryMatch, name: string): CategoryMatch {
  const total = (counts: readonly number[]) => [counts.reduce((sum, count) => sum + count, 0)];
  return { ...match, names: [name], baseline: total(match.baseline), current: total(match.current) };
}
