/**
 * Which slots of a step are looked at where there are very many: evenly spread, and in every step others, so that nothing that
 * comes every so many operations is passed over for ever.
 */

/** The slots of a step, all or `most` of them at the most; `into` is filled and its length given back. */
export function sampledSlots(slots: number, most: number, step: number, into: Int32Array): number {
  if (slots <= most) {
    for (let slot = 0; slot < slots; slot++) into[slot] = slot;
    return slots;
  }
  for (let i = 0; i < most; i++) {
    const from = Math.floor((i * slots) / most);
    const width = Math.floor(((i + 1) * slots) / most) - from;
    into[i] = from + ((i + step) % width);
  }
  return most;
}
