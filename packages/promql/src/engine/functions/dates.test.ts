import fc from "fast-check";
import { expect, test } from "vitest";
import { DATE_PARTS } from "./dates.ts";

const part = (name: string, seconds: number) => DATE_PARTS[name]!(seconds);

test("as the calendar has it", () => {
  fc.assert(
    fc.property(fc.integer({ min: -59_000_000_000, max: 250_000_000_000 }), (seconds) => {
      const date = new Date(seconds * 1000);
      expect(part("year", seconds)).toBe(date.getUTCFullYear());
      expect(part("month", seconds)).toBe(date.getUTCMonth() + 1);
      expect(part("day_of_month", seconds)).toBe(date.getUTCDate());
      expect(part("day_of_week", seconds)).toBe(date.getUTCDay());
      expect(part("hour", seconds)).toBe(date.getUTCHours());
      expect(part("minute", seconds)).toBe(date.getUTCMinutes());
      const firstOfYear = Date.UTC(date.getUTCFullYear(), 0, 1);
      expect(part("day_of_year", seconds)).toBe(Math.floor((date.getTime() - firstOfYear) / 86_400_000) + 1);
      const lastOfMonth = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0));
      expect(part("days_in_month", seconds)).toBe(lastOfMonth.getUTCDate());
    }),
  );
});

test("a fraction of a second goes towards 1970, no number to the end of Go's time", () => {
  expect(part("minute", -0.5)).toBe(0);
  expect(part("minute", 59.9)).toBe(0);
  expect(part("year", Number.NaN)).toBe(292_277_026_596);
  expect(part("day_of_month", Number.POSITIVE_INFINITY)).toBe(4);
});
