import fc from "fast-check";
import { expect, test } from "vitest";
import { gridOf, gridTimes, RANGES, resolveRange } from "./range.ts";

const NOW = Date.UTC(2026, 10, 23, 10, 6, 15);

test("a relative range ends now and moves on", () => {
  expect(resolveRange({ range: "1h", from: null, to: null }, NOW)).toEqual({
    fromMs: NOW - 3_600_000,
    toMs: NOW,
    live: true,
  });
});

test.each([
  ["absolute", NOW - 7200_000, NOW - 3600_000, NOW - 7200_000, NOW - 3600_000],
  ["cut at now", NOW - 3600_000, NOW + 99, NOW - 3600_000, NOW],
  ["cut to 31 days", 1, NOW, NOW - 31 * 86_400_000, NOW],
])("%s", (_, from, to, fromMs, toMs) => {
  expect(resolveRange({ range: "1h", from, to }, NOW)).toEqual({ fromMs, toMs, live: false });
});

test("an absolute range that ends before it starts is not taken", () => {
  expect(resolveRange({ range: "6h", from: NOW, to: NOW - 1 }, NOW).live).toBe(true);
});

test.each(RANGES)("the grid of %s has at most 301 points within the range", (range) => {
  const resolved = resolveRange({ range, from: null, to: null }, NOW);
  const times = gridTimes(gridOf(resolved));
  expect(times.length).toBeGreaterThan(50);
  expect(times.length).toBeLessThanOrEqual(301);
  expect(times[0]).toBeGreaterThanOrEqual(resolved.fromMs);
  expect(times.at(-1)).toBeLessThanOrEqual(resolved.toMs);
});

test("any absolute range gives a bounded grid", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: NOW }), fc.integer({ min: 1, max: NOW }), (from, to) => {
      const grid = gridOf(resolveRange({ range: "1h", from, to }, NOW));
      expect(gridTimes(grid).length).toBeLessThanOrEqual(301);
    }),
  );
});
