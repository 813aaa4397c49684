const UNITS_MS: Readonly<Record<string, number>> = {
  y: 365 * 86_400_000,
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};
/** Each unit at most once, the longer first. */
const DURATION = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/;
/** Prometheus counts nanoseconds in an int64. */
const MAX_MS = 2 ** 63 / 1e6;

/** Milliseconds of `1h30m`, `500ms` or `0`; undefined where the text is no duration of Prometheus. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (text === "" || !DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([a-z]+)/g)) total += Number(amount) * UNITS_MS[unit!]!;
  return total < MAX_MS ? total : undefined;
}
