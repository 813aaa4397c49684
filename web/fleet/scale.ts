/** A colour scale and its distribution over the fleet. */
export type Domain = readonly [number, number];

/** Fixed ends as given; an open upper end (null) is the next round number above the data. */
export function domainOf(ends: readonly [number, number | null], values: readonly (number | null)[]): Domain {
  const [low, high] = ends;
  if (high !== null) return [low, high];
  const top = values.reduce<number>((most, value) => (value !== null && value > most ? value : most), 0);
  return [low, roundUp(top)];
}

const ROUND = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * (ROUND.find((round) => round * power >= value) ?? 10);
}

export function shareOf(value: number | null, [low, high]: Domain): number | null {
  return value === null ? null : Math.min(1, Math.max(0, (value - low) / (high - low)));
}

/** How many values fall into each of `bins` equal parts of the domain; what lies outside counts at its ends. */
export function histogram(values: readonly (number | null)[], domain: Domain, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const share = shareOf(value, domain);
    if (share === null) continue;
    const bin = Math.min(bins - 1, Math.floor(share * bins));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
