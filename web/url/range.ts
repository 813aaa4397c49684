import { createParser, parseAsStringLiteral } from "nuqs/server";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const RANGES = ["15m", "30m", "1h", "3h", "6h", "12h", "24h", "2d", "4d", "8d"] as const;
export type RangeName = (typeof RANGES)[number];

export const RANGE_MS: Readonly<Record<RangeName, number>> = {
  "15m": 15 * MINUTE,
  "30m": 30 * MINUTE,
  "1h": HOUR,
  "3h": 3 * HOUR,
  "6h": 6 * HOUR,
  "12h": 12 * HOUR,
  "24h": DAY,
  "2d": 2 * DAY,
  "4d": 4 * DAY,
  "8d": 8 * DAY,
};

export const REFRESHES = ["off", "5s", "10s", "30s", "1m", "5m"] as const;
export type RefreshName = (typeof REFRESHES)[number];

/** false: do not refresh. */
export const REFRESH_MS: Readonly<Record<RefreshName, number | false>> = {
  off: false,
  "5s": 5_000,
  "10s": 10_000,
  "30s": 30_000,
  "1m": MINUTE,
  "5m": 5 * MINUTE,
};

/** Unix milliseconds, in the URL as "2026-11-23T10:02:00.000Z". */
const parseAsInstant = createParser<number>({
  parse: parseInstant,
  serialize: (ms) => new Date(ms).toISOString(),
});

export function parseInstant(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

/** The time range every page has in its URL: `from` and `to` together win over `range`. */
export const rangeParsers = {
  range: parseAsStringLiteral(RANGES).withDefault("1h"),
  from: parseAsInstant,
  to: parseAsInstant,
};

export const refreshParser = parseAsStringLiteral(REFRESHES).withDefault("30s");

export type RangeState = { readonly range: RangeName; readonly from: number | null; readonly to: number | null };

export type TimeRange = {
  readonly fromMs: number;
  readonly toMs: number;
  /** It ends now, so it moves on. */
  readonly live: boolean;
};

/** Longer absolute ranges are cut at their start: no page needs more, and no request should cost more. */
const LONGEST_MS = 31 * DAY;

export function resolveRange(state: RangeState, nowMs: number): TimeRange {
  if (state.from !== null && state.to !== null && state.to > state.from) {
    const toMs = Math.min(state.to, nowMs);
    return { fromMs: Math.max(Math.min(state.from, toMs - MINUTE), toMs - LONGEST_MS), toMs, live: false };
  }
  return { fromMs: nowMs - RANGE_MS[state.range], toMs: nowMs, live: true };
}

const STEPS_MS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400].map((seconds) => seconds * 1000);
const MAX_POINTS = 300;
/** Finer than the usual scrape interval, points would only repeat each other. */
const FINEST_MS = 15_000;

/** Points at whole multiples of the step, at most 300 of them: a live range then keeps its points as it moves on. */
export function gridOf(range: TimeRange): { fromMs: number; toMs: number; stepMs: number } {
  const span = range.toMs - range.fromMs;
  const stepMs = STEPS_MS.find((step) => step >= FINEST_MS && span / step <= MAX_POINTS) ?? DAY;
  return {
    fromMs: Math.ceil(range.fromMs / stepMs) * stepMs,
    toMs: Math.floor(range.toMs / stepMs) * stepMs,
    stepMs,
  };
}

export function gridTimes(grid: { fromMs: number; toMs: number; stepMs: number }): number[] {
  const times: number[] = [];
  for (let ts = grid.fromMs; ts <= grid.toMs; ts += grid.stepMs) times.push(ts);
  return times;
}
