import fc from "fast-check";
import { expect, test } from "vitest";
import { quantileOf } from "./quantile.ts";

test("between values, at the ends, beyond them, of nothing", () => {
  expect(quantileOf(0.5, Float64Array.of(4, 1, 3, 2))).toBe(2.5);
  expect(quantileOf(0, Float64Array.of(4, 1))).toBe(1);
  expect(quantileOf(1, Float64Array.of(4, 1))).toBe(4);
  expect(quantileOf(-0.1, Float64Array.of(4))).toBe(Number.NEGATIVE_INFINITY);
  expect(quantileOf(1.1, Float64Array.of(4))).toBe(Number.POSITIVE_INFINITY);
  expect(quantileOf(Number.NaN, Float64Array.of(4))).toBeNaN();
  expect(quantileOf(0.5, new Float64Array())).toBeNaN();
});

test("selection gives what sorting would, NaN first", () => {
  const value = fc.oneof(fc.double({ noNaN: false }), fc.integer({ min: -3, max: 3 }).map(Number));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 60 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, q) => {
        const sorted = [...values].sort((a, b) => (Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a - b));
        const rank = q * (values.length - 1);
        const lower = Math.floor(rank);
        const upper = Math.min(values.length - 1, lower + 1);
        const expected = sorted[lower]! * (1 - (rank - lower)) + sorted[upper]! * (rank - lower);
        expect(quantileOf(q, Float64Array.from(values)) + 0).toBe(expected + 0);
      },
    ),
    { numRuns: 2000 },
  );
});
