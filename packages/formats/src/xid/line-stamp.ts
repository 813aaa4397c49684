/** What a log's own dates leave open. */
export type LineClock = {
  /** East of UTC, for dates without zone (dmesg -T writes local time); else 0. */
  readonly offsetMinutes?: number;
  /** Milliseconds since 1970: dates without year are of the last one before it. Without it they give no time. */
  readonly before?: number;
};

export type LineStamp = {
  readonly at: number | undefined;
  readonly bootUs: number | undefined;
  readonly host: string | undefined;
};

const minuteMs = 60_000;
const dayMs = 86_400_000;
const months = "JanFebMarAprMayJunJulAugSepOctNovDec";

const kmsg = /^\d+,\d+,(\d+),[^;]*;/;
const sinceBoot = /\[\s*(\d+)\.(\d{1,9})\]/;
const iso = /(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?/;
const withYear = /\[?[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})\]?/;
const withoutYear = /^([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?/;
/** "node-7 kernel:" behind the date. */
const syslogHost = /(?:^|\s)([\w.-]+) kernel(?:\[\d+\])?:/;

/** When and where a line of a kernel log was written, by what stands in it before its message. */
export function stampOf(prefix: string, clock: LineClock = {}): LineStamp {
  return { at: dateIn(prefix, clock), bootUs: bootUsIn(prefix), host: syslogHost.exec(prefix)?.[1] };
}

function bootUsIn(prefix: string): number | undefined {
  const device = kmsg.exec(prefix);
  if (device !== null) return Number(device[1]);
  const printed = sinceBoot.exec(prefix);
  return printed === null ? undefined : Number(printed[1]) * 1e6 + fraction(printed[2]) * 1e6;
}

function dateIn(prefix: string, { offsetMinutes = 0, before }: LineClock): number | undefined {
  const full = iso.exec(prefix);
  if (full !== null) {
    const [, year, month, day, hour, minute, second, part, zone] = full;
    const local = utc(Number(year), Number(month), [day, hour, minute, second]);
    return local === undefined
      ? undefined
      : local + fraction(part) * 1000 - zoneMinutes(zone, offsetMinutes) * minuteMs;
  }
  const dated = withYear.exec(prefix);
  if (dated !== null) {
    const [, month, day, hour, minute, second, year] = dated;
    const local = utc(Number(year), monthOf(month!), [day, hour, minute, second]);
    return local === undefined ? undefined : local - offsetMinutes * minuteMs;
  }
  const short = withoutYear.exec(prefix);
  if (short === null || before === undefined) return undefined;
  const [, month, day, hour, minute, second, part] = short;
  // A day's grace: the clock that asks and the one that wrote need not agree.
  const latest = before + dayMs;
  const thisYear = new Date(latest).getUTCFullYear();
  for (let year = thisYear; year > thisYear - 8; year--) {
    const local = utc(year, monthOf(month!), [day, hour, minute, second]);
    const at = local === undefined ? undefined : local + fraction(part) * 1000 - offsetMinutes * minuteMs;
    if (at !== undefined && at <= latest) return at;
  }
  return undefined;
}

/** Milliseconds since 1970; undefined for a date that there is not. `rest` is day, hour, minute and second. */
function utc(year: number, month: number, rest: readonly (string | undefined)[]): number | undefined {
  const [day = 0, hour = 0, minute = 0, second = 0] = rest.map(Number);
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60) return undefined;
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day ? at : undefined;
}

function monthOf(name: string): number {
  const at = months.indexOf(name);
  return at % 3 === 0 ? at / 3 + 1 : 0;
}

function zoneMinutes(zone: string | undefined, otherwise: number): number {
  if (zone === undefined) return otherwise;
  if (zone === "Z") return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return zone.startsWith("-") ? -minutes : minutes;
}

/** The fraction of a second that digits behind its point mean. */
function fraction(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits) / 10 ** digits.length;
}
