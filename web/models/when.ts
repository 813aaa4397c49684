import { formatAbsolute, formatClock } from "../format/time.ts";

const LONG_AGO_MS = 300 * 86_400_000;

export function isLongAgo(ms: number, nowMs: number): boolean {
  return Math.abs(nowMs - ms) > LONG_AGO_MS;
}

/** "09:40", "21 Nov 09:40", and of imports of long ago "2018-03-01". */
export function whenText(ms: number, nowMs: number, timeZone: string): string {
  return isLongAgo(ms, nowMs) ? formatAbsolute(ms, timeZone).slice(0, 10) : formatClock(ms, nowMs, timeZone);
}
