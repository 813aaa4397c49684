import fc from "fast-check";
import { expect, test } from "vitest";
import { power } from "./power.ts";

test.each<[number, number, number]>([
  [1000, 12, 1e36],
  [10, -3, 0.001],
  [2, -1074, 5e-324],
  [2, 1024, Number.POSITIVE_INFINITY],
  [-2, 3, -8],
  [-8, 1 / 3, Number.NaN],
  [0, -1, Number.POSITIVE_INFINITY],
  [0, 0, 1],
  [1, Number.NaN, 1],
  [-1, Number.POSITIVE_INFINITY, 1],
  [0.5, Number.POSITIVE_INFINITY, 0],
  [Number.NaN, 0, 1],
  [4, 0.5, 2],
  [1e-310, -1, 1 / 1e-310],
])("%d ^ %d", (base, exponent, expected) => {
  expect(power(base, exponent)).toBe(expected);
});

test("differs from ** by rounding only", () => {
  const exponent = fc.oneof(fc.integer({ min: -50, max: 50 }), fc.double({ min: -20, max: 20, noNaN: true }));
  fc.assert(
    fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), exponent, (base, to) => {
      const [ours, theirs] = [power(base, to), base ** to];
      if (Number.isNaN(theirs)) expect(ours).toBeNaN();
      else if (Math.abs(theirs) < 1e-300 || !Number.isFinite(theirs))
        expect(Math.abs(ours - theirs) < 1e-299 || ours === theirs).toBe(true);
      else expect(Math.abs(ours - theirs) / Math.abs(theirs)).toBeLessThan(1e-12);
    }),
    { numRuns: 2000 },
  );
});
