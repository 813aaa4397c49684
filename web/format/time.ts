const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "850 ms", "42 s", "4 min", "1h 12m", "3d 4h": the two largest units, milliseconds in. */
export function formatDuration(ms: number): string {
  const span = Math.abs(ms);
  if (span < SECOND) return `${Math.round(span)} ms`;
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)} min`;
  if (span < DAY) return pair(Math.floor(span / HOUR), "h", Math.floor((span % HOUR) / MINUTE), "m");
  return pair(Math.floor(span / DAY), "d", Math.floor((span % DAY) / HOUR), "h");
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit} ${small}${smallUnit}`;
}

/** "just now", "4 min ago", "in 20 s". */
export function formatAgo(ms: number, nowMs: number): string {
  const age = nowMs - ms;
  if (age < 0 && age > -2 * SECOND) return "just now";
  if (age < 0) return `in ${formatDuration(age)}`;
  return age < SECOND ? "just now" : `${formatDuration(age)} ago`;
}

/** "10:02" on the day of `nowMs`, else "21 Nov 10:02". */
export function formatClock(ms: number, nowMs: number, timeZone: string): string {
  const time = parts(ms, timeZone);
  const today = parts(nowMs, timeZone);
  const clock = `${time["hour"]}:${time["minute"]}`;
  const sameDay = time["year"] === today["year"] && time["month"] === today["month"] && time["day"] === today["day"];
  return sameDay ? clock : `${time["day"]} ${time["month"]} ${clock}`;
}

/** "2026-11-23 10:02:15 UTC", for hovers. */
export function formatAbsolute(ms: number, timeZone: string): string {
  const time = parts(ms, timeZone, "2-digit");
  return `${time["year"]}-${time["month"]}-${time["day"]} ${time["hour"]}:${time["minute"]}:${time["second"]} ${time["timeZoneName"] ?? ""}`.trim();
}

/** The label of an axis tick, as fine as the range needs. */
export function formatTick(ms: number, rangeMs: number, timeZone: string): string {
  const time = parts(ms, timeZone);
  if (rangeMs <= 10 * MINUTE) return `${time["hour"]}:${time["minute"]}:${time["second"]}`;
  if (rangeMs <= DAY) return `${time["hour"]}:${time["minute"]}`;
  if (rangeMs > 300 * DAY) return `${time["month"]} ${time["year"]}`;
  if (rangeMs > 10 * DAY) return `${time["day"]} ${time["month"]}`;
  return `${time["day"]} ${time["month"]} ${time["hour"]}:${time["minute"]}`;
}

function parts(ms: number, timeZone: string, month: "short" | "2-digit" = "short"): Record<string, string> {
  const format = formatter(timeZone, month);
  const found: Record<string, string> = {};
  for (const part of format.formatToParts(ms)) found[part.type] = part.value;
  return found;
}

/** Making a formatter costs 50 µs, using one 1 µs; few zones are ever asked for. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string, month: "short" | "2-digit"): Intl.DateTimeFormat {
  const key = `${timeZone} ${month}`;
  let format = formatters.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month,
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      timeZoneName: "short",
    });
    if (formatters.size < 64) formatters.set(key, format);
  }
  return format;
}

/** Round times between the two ends for an axis, at most `limit`, in steps people read. Days start at UTC midnight. */
export function timeTicks(fromMs: number, toMs: number, limit: number): number[] {
  const span = toMs - fromMs;
  const step = TICK_STEPS.find((candidate) => span / candidate <= limit) ?? 365 * DAY;
  const ticks: number[] = [];
  for (let tick = Math.ceil(fromMs / step) * step; tick <= toMs; tick += step) ticks.push(tick);
  return ticks;
}

const TICK_STEPS = [
  15 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
  30 * DAY,
  61 * DAY,
  91 * DAY,
  183 * DAY,
];
