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
  if (named.length > MAX_CATEGORIES) named.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const kept = new Map(named.slice(0, MAX_CATEGORIES));
  let rest = 0;
  for (const count of counts.values()) rest += count;
  for (const count of kept.values()) rest -= count;
  kept.set(OTHER, rest);
  return { kept, capped: { categories: short, kept: kept.size - 1 } };
}
