import { expect, test } from "vitest";
import { boundOf, delayOf, quantile } from "./delay.ts";
import { selfSeries } from "./self-series.ts";
import { counter } from "./testdata/rows.ts";

const INF = Number.POSITIVE_INFINITY;

test.each<[string, number, [number, number][], number | null]>([
  [
    "in the middle of its bucket",
    0.5,
    [
      [1, 0],
      [2, 10],
      [INF, 10],
    ],
    1.5,
  ],
  [
    "in the first bucket, from zero",
    0.5,
    [
      [1, 10],
      [INF, 10],
    ],
    0.5,
  ],
  [
    "at a bucket's end",
    0.5,
    [
      [1, 5],
      [2, 10],
      [INF, 10],
    ],
    1,
  ],
  [
    "beyond the last bound",
    0.99,
    [
      [1, 5],
      [2, 5],
      [INF, 10],
    ],
    2,
  ],
  [
    "buckets in any order",
    0.5,
    [
      [INF, 10],
      [2, 10],
      [1, 0],
    ],
    1.5,
  ],
  [
    "a count below the one before it",
    0.9,
    [
      [1, 8],
      [2, 7],
      [4, 10],
      [INF, 10],
    ],
    3,
  ],
  ["no bucket +Inf", 0.5, [[1, 10]], null],
  ["only +Inf", 0.5, [[INF, 10]], null],
  [
    "nothing counted",
    0.5,
    [
      [1, 0],
      [INF, 0],
    ],
    null,
  ],
  ["no bucket", 0.5, [], null],
])("a quantile: %s", (_, share, buckets, expected) => {
  const found = quantile(share, new Map(buckets));
  if (expected === null) expect(found).toBeNull();
  else expect(found).toBeCloseTo(expected, 10);
});

test.each<[string | undefined, number | null]>([
  ["+Inf", INF],
  ["0.5", 0.5],
  ["", null],
  ["x", null],
  [undefined, null],
])("le %j is %s", (le, expected) => {
  expect(boundOf(le)).toBe(expected);
});

test("instances are added up, and others' labels left out", () => {
  const rows = ["a", "b"].flatMap((instance) => [
    counter("d_count", { instance, stage: "post" }, 10),
    counter("d_sum", { instance, stage: "post" }, 15),
    counter("d_bucket", { instance, stage: "post", le: "1" }, 0),
    counter("d_bucket", { instance, stage: "post", le: "2" }, 10),
    counter("d_bucket", { instance, stage: "post", le: "+Inf" }, 10),
    counter("d_count", { instance, stage: "log" }, 10),
  ]);
  const delay = delayOf(selfSeries(rows), "d", { stage: "post" });
  expect(delay).toMatchObject({ count: 20, mean: 1.5, p50: 1.5 });
  expect(delayOf(selfSeries(rows), "d", { stage: "log" })).toBeNull();
  expect(delayOf(selfSeries(rows), "e")).toBeNull();
});

test("nothing measured in the window is no delay of zero", () => {
  const rows = [counter("d_count", {}, 0), counter("d_sum", {}, 0)];
  expect(delayOf(selfSeries(rows), "d")).toBeNull();
});
