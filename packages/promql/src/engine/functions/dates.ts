/** Parts of a date in UTC, from a Unix time in seconds. */

/** Year, month (from 1) and day (from 1) of a day since 1970-01-01, in the proleptic Gregorian calendar. */
type CivilDate = { readonly year: number; readonly month: number; readonly day: number };

const DAY_S = 86_400;
const DAYS_OF_400_YEARS = 146_097;

/** Counts in years that begin in March, so that the leap day comes last. */
function civilDate(days: number): CivilDate {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / DAYS_OF_400_YEARS);
  const dayOfEra = shifted - era * DAYS_OF_400_YEARS;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysOf(seconds: number): number {
  const whole = wholeSeconds(seconds);
  return Math.round((whole - secondOfDay(whole)) / DAY_S);
}

/**
 * A Go integer has no NaN and no infinity: on the platforms Prometheus runs on they become its smallest, and a date so
 * long ago wraps around to 2^64 s later.
 */
function wholeSeconds(seconds: number): number {
  return Math.abs(seconds) < 2 ** 63 ? Math.trunc(seconds) : 2 ** 63;
}

function secondOfDay(seconds: number): number {
  return ((wholeSeconds(seconds) % DAY_S) + DAY_S) % DAY_S;
}

export const DATE_PARTS: Readonly<Record<string, (seconds: number) => number>> = {
  year: (seconds) => civilDate(daysOf(seconds)).year,
  month: (seconds) => civilDate(daysOf(seconds)).month,
  day_of_month: (seconds) => civilDate(daysOf(seconds)).day,
  day_of_week: (seconds) => (((daysOf(seconds) + 4) % 7) + 7) % 7,
  day_of_year: (seconds) => {
    const { year, month, day } = civilDate(daysOf(seconds));
    return DAYS_BEFORE[month - 1]! + day + (month > 2 && isLeap(year) ? 1 : 0);
  },
  days_in_month: (seconds) => {
    const { year, month } = civilDate(daysOf(seconds));
    return month === 2 && isLeap(year) ? 29 : DAYS_IN[month - 1]!;
  },
  hour: (seconds) => Math.floor(secondOfDay(seconds) / 3600),
  minute: (seconds) => Math.floor((secondOfDay(seconds) % 3600) / 60),
};
