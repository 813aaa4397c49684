/** One step of a grid in which a condition held: when it did first and last, Unix ms, and the newest value. */
export type SpellPart = { readonly first: number; readonly last: number; readonly value: number };

export type Spell = { readonly fromMs: number; readonly toMs: number; readonly value: number };

/** What held without a longer break than `breakMs`, oldest first: a fault that comes and goes within minutes is one. */
export function spellsOf(parts: readonly SpellPart[], breakMs: number): Spell[] {
  const spells: Spell[] = [];
  for (const part of parts.toSorted((a, b) => a.first - b.first)) {
    const before = spells.at(-1);
    if (before !== undefined && part.first - before.toMs <= breakMs) {
      spells[spells.length - 1] = {
        fromMs: before.fromMs,
        toMs: Math.max(before.toMs, part.last),
        value: part.last >= before.toMs ? part.value : before.value,
      };
    } else spells.push({ fromMs: part.first, toMs: part.last, value: part.value });
  }
  return spells;
}
