/** "did you mean": the name that takes fewest edits, where these are few for its length. */

export function nearestName(asked: string, names: readonly string[]): string | undefined {
  const scored = names.map((name) => ({ name, edits: editsBetween(asked.toLowerCase(), name.toLowerCase()) }));
  const best = scored.reduce<(typeof scored)[number] | undefined>(
    (least, each) => (least === undefined || each.edits < least.edits ? each : least),
    undefined,
  );
  return best !== undefined && best.edits <= Math.max(2, asked.length / 3) ? best.name : undefined;
}

/** Insertions, deletions and replacements from one to the other (Levenshtein 1966). */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
