import { expect, test } from "vitest";
import { extentOf, gapSpans, mergeValues, riseOf, spansWhere } from "./grids.ts";

test("series that follow one another become one line, and gaps stay gaps", () => {
  expect(
    mergeValues(
      [
        [1, null, null, null],
        [null, null, 3],
      ],
      4,
      10,
    ),
  ).toEqual([10, null, 30, null]);
});

test.each([
  [[], null],
  [[null, 5], null],
  [[1, 3, null, 7], 6],
  [[100, 110, 5, 15], 25],
])("rise of %j is %s", (values, rise) => {
  expect(riseOf(values)).toBe(rise);
});

test("extent ignores gaps", () => {
  expect(extentOf([null, 3, 9, null, 1, null])).toEqual({ min: 1, max: 9, maxAt: 2, last: 1 });
  expect(extentOf([null])).toBeNull();
});

test("spans run to the ends", () => {
  const holds = [true, false, true, true];
  expect(spansWhere(4, (position) => holds[position] === true)).toEqual([
    { from: 0, to: 0 },
    { from: 2, to: 3 },
  ]);
  expect(gapSpans([{ values: [1, null, null] }, { values: [null, null, 2] }], 3)).toEqual([{ from: 1, to: 1 }]);
});
