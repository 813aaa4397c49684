import { expect, test } from "vitest";
import type { Unit } from "../../format/unit.ts";
import { axisTicks, tickLabels } from "./axis.ts";

test.each<[string, (number | null)[], Unit, boolean, number, number]>([
  ["percent is whole", [3, 40], "percent", false, 0, 100],
  ["lines may float", [1050, 1755], "megahertz", false, 1000, 1800],
  ["near zero starts there", [10, 600], "watts", false, 0, 600],
  ["a flat line is not blown up", [61, 61], "celsius", false, 59, 63],
  ["all zero", [0, 0], "count", false, 0, 1],
  ["powers of 1024", [0, 60 * 1024 ** 3], "bytes", true, 0, 64 * 1024 ** 3],
])("%s", (_, values, unit, zero, low, high) => {
  const axis = axisTicks([{ values }], unit, zero);
  expect(axis?.low).toBeLessThanOrEqual(Math.min(...values.map(Number)));
  expect(axis?.high).toBeGreaterThanOrEqual(Math.max(...values.map(Number)));
  expect([axis?.low, axis?.high]).toEqual([low, high]);
});

test("no value, no axis", () => {
  expect(axisTicks([{ values: [null] }], "watts", false)).toBeNull();
});

test.each<[string, number[], Unit, string[]]>([
  ["large and steady", [1_000_000, 1_000_500, 1_001_000], "count", ["1 M", "1.0005 M", "1.001 M"]],
  ["far apart", [0, 50e9, 100e9], "bytesPerSecond", ["0 B/s", "50 GB/s", "100 GB/s"]],
])("ticks are told apart: %s", (_, ticks, unit, labels) => {
  expect(tickLabels(ticks, unit)).toEqual(labels);
});
