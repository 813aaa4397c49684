import { expect, test } from "vitest";
import { domainOf, histogram, roundUp, shareOf } from "./scale.ts";

test.each([
  [0, 1],
  [690, 800],
  [1755, 2000],
  [1980, 2000],
  [101, 120],
])("roundUp(%s) is %s", (value, round) => {
  expect(roundUp(value)).toBe(round);
});

test("an open end follows the data, a fixed one does not", () => {
  expect(domainOf([0, null], [null, 690])).toEqual([0, 800]);
  expect(domainOf([0, 100], [250])).toEqual([0, 100]);
});

test("unknown values have no share and no bin; values outside count at the ends", () => {
  expect(shareOf(null, [0, 10])).toBeNull();
  expect(shareOf(12, [0, 10])).toBe(1);
  expect(histogram([null, -5, 0, 4.9, 5, 10, 99], [0, 10], 2)).toEqual([3, 3]);
});
