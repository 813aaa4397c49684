/** What a GPU-hour costs over time: half-open stretches, in dollars (or the currency that is set) an hour. */

export type RateStretch = {
  /** Milliseconds since 1970, [from, to). */
  readonly from: number;
  readonly to: number;
  readonly perHour: number;
};

/** One rate at a time, in order, without overlap: where stretches overlap, the later one of the list holds. */
export function rateLine<Stretch extends RateStretch>(stretches: readonly Stretch[]): Stretch[] {
  let line: Stretch[] = [];
  for (const stretch of stretches) {
    if (!(stretch.to > stretch.from)) continue;
    const around = line.flatMap((each) => [
      { ...each, to: Math.min(each.to, stretch.from) },
      { ...each, from: Math.max(each.from, stretch.to) },
    ]);
    line = [...around.filter(({ from, to }) => to > from), stretch];
  }
  return line.sort((a, b) => a.from - b.from);
}
