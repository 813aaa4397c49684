const maxRanges = 16;

/** "8, 10-13, 15", in order; of very many only the first ranges and how many there are. */
export function rankList(ranks: Iterable<number>): string {
  const sorted = [...new Set(ranks)].toSorted((a, b) => a - b);
  const ranges: string[] = [];
  for (let at = 0; at < sorted.length; ) {
    let end = at;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    ranges.push(end === at ? `${sorted[at]}` : `${sorted[at]}-${sorted[end]}`);
    at = end + 1;
  }
  if (ranges.length <= maxRanges) return ranges.join(", ");
  return `${ranges.slice(0, maxRanges).join(", ")}, ... (${sorted.length} in all)`;
}

/** "rank 3", "ranks 3, 5". */
export function ranksText(ranks: Iterable<number>): string {
  const all = new Set(ranks);
  return `${all.size === 1 ? "rank" : "ranks"} ${rankList(all)}`;
}
