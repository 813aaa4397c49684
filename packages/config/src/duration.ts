import { DURATION_PATTERN } from "@lockstep/schemas/files/prometheus-yml";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const YEAR = 365 * DAY;
const UNITS_MS = [YEAR, WEEK, DAY, HOUR, MINUTE, SECOND, 1] as const;

/** Prometheus keeps durations as nanoseconds in an int64. */
const MAX_MS = 2 ** 63 / 1e6;

/** Milliseconds of a Prometheus duration (`1h30m`, `500ms`, `0`); undefined where it is none or beyond 292 years. */
export function parseDuration(text: string): number | undefined {
  const match = text === "" ? null : DURATION_PATTERN.exec(text);
  if (match === null) {
    return undefined;
  }
  let total = 0;
  for (const [index, unit] of UNITS_MS.entries()) {
    total += Number(match[index + 1] ?? 0) * unit;
  }
  return total < MAX_MS ? total : undefined;
}

const FORMAT: readonly [unit: string, ms: number, onlyExact: boolean][] = [
  ["y", YEAR, true],
  ["w", WEEK, true],
  ["d", DAY, false],
  ["h", HOUR, false],
  ["m", MINUTE, false],
  ["s", SECOND, false],
  ["ms", 1, false],
];

/** A duration of whole milliseconds as Prometheus prints it: 90d, not 12w6d. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) {
    return "0s";
  }
  let rest = durationMs;
  let text = "";
  for (const [unit, ms, onlyExact] of FORMAT) {
    const amount = Math.floor(rest / ms);
    if (amount > 0 && (!onlyExact || rest % ms === 0)) {
      text += `${amount}${unit}`;
      rest -= amount * ms;
    }
  }
  return text;
}
