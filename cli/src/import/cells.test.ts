import fc from "fast-check";
import { expect, test } from "vitest";
import { below, boundsOfQuantiles, boundsOfValues, scoreBounds } from "./cells.ts";

test("a score on an edge is in the cell above it", () => {
  const bounds = scoreBounds();
  expect(bounds).toHaveLength(21);
  const cellOf = (score: number) => bounds.findIndex((edge, i) => i > 0 && score <= edge) - 1;
  expect([0, 0.04, 0.05, 0.64, 0.65, 0.99, 1].map(cellOf)).toEqual([0, 0, 1, 12, 13, 19, 19]);
});

test.each([
  { values: [3], bounds: [-Infinity, 2.5, 3.5, Infinity] },
  { values: [0, 1], bounds: [-Infinity, -0.5, 0.5, 1.5, Infinity] },
  { values: [1, 2, 4, 8], bounds: [-Infinity, 0.5, 1.5, 3, 6, 8.5, Infinity] },
])("a cell for each of $values", ({ values, bounds }) => expect(boundsOfValues(values)).toEqual(bounds));

test("a value that would fill a cell alone has one", () => {
  const quantiles = { least: 1, most: 100, whole: true, frequent: [30], edges: [20, 50, 100] };
  expect(boundsOfQuantiles(quantiles)).toEqual([-Infinity, 1 - 0.099, 20, 29.5, 30, 50, 100, Infinity]);
});

test("bounds ascend and the whole range lies between the finite ones", () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 });
  fc.assert(
    fc.property(fc.array(finite, { minLength: 2 }), fc.nat({ max: 3 }), fc.boolean(), (values, few, whole) => {
      const told = (whole ? values.map(Math.round) : values).sort((a, b) => a - b);
      const [least, most] = [told[0]!, told.at(-1)!];
      const bounds = boundsOfQuantiles({ least, most, whole, frequent: told.slice(0, few), edges: told.slice(few) });
      expect(bounds.every((edge, i) => i === 0 || edge > bounds[i - 1]!)).toBe(true);
      if (least < most) expect(bounds[1]!).toBeLessThan(least);
      expect(bounds.at(-2) === most || least === most).toBe(true);
    }),
  );
});

test("the number below has no other between", () => {
  for (const value of [1, 0.65, -0.65, 0, Number.MIN_VALUE, 1e300]) {
    expect(below(value)).toBeLessThan(value);
    const half = below(value) / 2 + value / 2;
    expect(half === value || half === below(value) || value === 0).toBe(true);
  }
});
