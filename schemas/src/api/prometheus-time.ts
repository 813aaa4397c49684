/** Times and durations as Prometheus writes them; all in milliseconds here, times since the Unix epoch. */

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;
/** What a DateTime64(3) holds, 1900 to 2299; times beyond select the same samples as these. */
const EARLIEST_MS = Date.UTC(1900, 0, 1);
const LATEST_MS = Date.UTC(2299, 11, 31);
/** Prometheus' own spelling of "no bound": the first and last moment it can tell. */
const FIRST_MOMENT = "-292273086-05-16T16:47:06Z";
const LAST_MOMENT = "292277025-08-18T07:12:54.999999999Z";

/** A Unix time in seconds, with decimals, or RFC 3339; undefined where the text is neither. */
export function parseTimestamp(text: string): number | undefined {
  if (text === FIRST_MOMENT) return EARLIEST_MS;
  if (text === LAST_MOMENT) return LATEST_MS;
  if (!DECIMAL.test(text) && !RFC3339.test(text)) return undefined;
  const ms = DECIMAL.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, EARLIEST_MS), LATEST_MS);
}

const UNITS: readonly [unit: string, ms: number][] = [
  ["y", 365 * 86_400_000],
  ["w", 7 * 86_400_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
];
/** Each unit at most once, the longer first. */
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
/** Prometheus counts nanoseconds in an int64. */
const LONGEST_MS = 2 ** 63 / 1e6;

/** `1h30m`, `500ms` or `0`; undefined where the text is no duration of Prometheus. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const match = text === "" ? null : DURATION.exec(text);
  if (match === null) return undefined;
  const total = UNITS.reduce((sum, [, ms], index) => sum + Number(match[index + 1] ?? 0) * ms, 0);
  return total < LONGEST_MS ? total : undefined;
}

/** A duration, or seconds with decimals, as parameters of the API take either. */
export function parseSecondsOrDuration(text: string): number | undefined {
  if (!DECIMAL.test(text)) return parseDuration(text);
  const ms = Math.round(Number(text) * 1000);
  return Math.abs(ms) < LONGEST_MS ? ms : undefined;
}

/** As Prometheus prints it: `1m30s`; years and weeks only where they are exact. */
export function formatDuration(durationMs: number): string {
  let rest = Math.round(durationMs);
  if (rest === 0) return "0s";
  let text = "";
  for (const [unit, ms] of UNITS) {
    const amount = Math.floor(rest / ms);
    if (amount === 0 || ((unit === "y" || unit === "w") && rest % ms !== 0)) continue;
    text += `${amount}${unit}`;
    rest -= amount * ms;
  }
  return text;
}
