import { describe, expect, test } from "vitest";
import { bucketFraction, bucketQuantile } from "./histogram.ts";

const INF = Number.POSITIVE_INFINITY;

function buckets(bounds: number[], counts: number[]) {
  return { bounds: Float64Array.from(bounds), counts: Float64Array.from(counts), length: bounds.length };
}

describe("quantiles", () => {
  test.each<[string, number, number[], number[], number]>([
    ["within a bucket", 0.5, [1, 2, INF], [10, 30, 40], 1.5],
    ["in the first one from 0", 0.125, [1, 2, INF], [10, 30, 40], 0.5],
    ["in the first one below 0: its bound", 0.1, [-1, 2, INF], [10, 30, 40], -1],
    ["in the last: the bound before", 0.99, [1, 2, INF], [10, 30, 40], 2],
    ["of no observation", 0.5, [1, INF], [0, 0], Number.NaN],
    ["without a last bucket", 0.5, [1, 2], [1, 2], Number.NaN],
    ["of the last bucket alone", 0.5, [INF], [7], Number.NaN],
    ["below 0", -1, [1, INF], [1, 1], Number.NEGATIVE_INFINITY],
    ["above 1", 2, [1, INF], [1, 1], INF],
  ])("%s", (_, quantile, bounds, counts, expected) => {
    expect(bucketQuantile(quantile, buckets(bounds, counts))).toEqual({ value: expected, forcedMonotonic: false });
  });

  test("counts that fall are raised and told of, unless it is rounding", () => {
    expect(bucketQuantile(0.25, buckets([1, 2, INF], [10, 5, 20]))).toEqual({ value: 0.5, forcedMonotonic: true });
    const rounded = bucketQuantile(0.25, buckets([1, 2, INF], [10, 10 - 1e-14, 20]));
    expect(rounded.forcedMonotonic).toBe(false);
  });
});

test.each<[number, number, number[], number[], number]>([
  [0, 1.5, [1, 2, INF], [10, 30, 40], 0.5],
  [Number.NEGATIVE_INFINITY, INF, [1, 2, INF], [10, 30, 40], 1],
  [3, 4, [1, 2, INF], [10, 30, 40], 0],
  [-5, -3, [-2, INF], [10, 40], 0],
  [2, 1, [1, 2, INF], [10, 30, 40], 0],
  [Number.NaN, 1, [1, INF], [1, 2], Number.NaN],
])("the share between %d and %d of %j %j", (lower, upper, bounds, counts, expected) => {
  expect(bucketFraction(lower, upper, buckets(bounds, counts))).toBe(expected);
});
