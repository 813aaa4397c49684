import { expect, test } from "vitest";
import { meanOf, sumOf, varianceOf } from "./kahan.ts";

test.each<[number[], number, number]>([
  [[1, 2, 3], 6, 2],
  [[1e100, 1, -1e100], 1, 1 / 3],
  [[Number.POSITIVE_INFINITY, 1], Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  [[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], Number.NaN, Number.NaN],
  [[Number.NaN, 1], Number.NaN, Number.NaN],
  [[1e308, 1e308, 1e308], Number.POSITIVE_INFINITY, 1e308],
  [[-0.1, -0.2, 0.3], -2.7755575615628914e-17, -9.25185853854297e-18],
])("sum and mean of %j", (values, sum, mean) => {
  const column = Float64Array.from(values);
  expect(sumOf(column, 0, values.length)).toBe(sum);
  expect(meanOf(column, 0, values.length)).toBe(mean);
});

test("a part of a column", () => {
  const column = Float64Array.of(100, 1, 3, 100);
  expect(sumOf(column, 1, 3)).toBe(4);
  expect(meanOf(column, 1, 3)).toBe(2);
  expect(varianceOf(column, 1, 3)).toBe(1);
});
