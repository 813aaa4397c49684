/** Categories in bounds: a field of free text has as many as it has rows. */

/** What is not kept is counted under this name. */
export const OTHER = "__other__";
export const MAX_CATEGORIES = 1_000;

export type CappedCategories = {
  readonly kept: ReadonlyMap<string, number>;
  readonly capped: { readonly categories: number; readonly kept: number } | undefined;
};

/** The 1,000 most frequent, of equals those first by name, and those of longer names than `maxLength` never; no count is lost. */
export function capCategories(counts: ReadonlyMap<string, number>, maxLength: number): CappedCategories {
  const named = [...counts].filter(([name]) => name !== OTHER && name.length <= maxLength);
  const short = counts.size - (counts.has(OTHER) ? 1 : 0);
  if (named.length <= MAX_CATEGORIES && named.length === short) return { kept: counts, capped: undefined };
  const kept = new Map(mostFrequent(named, MAX_CATEGORIES));
  let rest = 0;
  for (const count of counts.values()) rest += count;
  for (const count of kept.values()) rest -= count;
  kept.set(OTHER, rest);
  return { kept, capped: { categories: short, kept: kept.size - 1 } };
}

type Counted = readonly [name: string, count: number];

/** The first `limit` by falling count, then by name. Sorting a million names takes seconds, and hardly any of them is kept. */
function mostFrequent(named: readonly Counted[], limit: number): readonly Counted[] {
  const comesFirst = ([a, n]: Counted, [b, m]: Counted) => n > m || (n === m && a < b);
  const first: Counted[] = [];
  for (const each of named) {
    if (first.length === limit && !comesFirst(each, first[limit - 1]!)) continue;
    let from = 0;
    let to = first.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (comesFirst(first[middle]!, each)) from = middle + 1;
      else to = middle;
    }
    first.splice(from, 0, each);
    if (first.length > limit) first.pop();
  }
  return first;
}
