import { expect, test } from "vitest";
import { readStretch } from "./stretch.ts";

test.each([
  ["2026-11-01..2026-11-15", Date.UTC(2026, 10, 1), Date.UTC(2026, 10, 15)],
  ["2026-11-01T06:00..2026-11-01 18:00:30.5", Date.UTC(2026, 10, 1, 6), Date.UTC(2026, 10, 1, 18, 0, 30, 500)],
  ["2026-11-01T06:00+02:00..2026-11-01T06:00Z", Date.UTC(2026, 10, 1, 4), Date.UTC(2026, 10, 1, 6)],
])("%s", (text, fromMs, toMs) => expect(readStretch(text)).toEqual({ fromMs, toMs }));

test.each([
  "",
  "2026-11-01",
  "2026-11-02..2026-11-01",
  "a..b",
  "2026-11-01..2026-13-01",
  "2026-11-01..2026-11-02..2026-11-03",
])("refuses %j", (text) => expect(() => readStretch(text)).toThrow(/expected FROM\.\.TO/));
