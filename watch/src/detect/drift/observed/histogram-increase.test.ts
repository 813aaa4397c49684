import fc from "fast-check";
import { expect, test } from "vitest";
import { type BucketSamples, histogramIncrease } from "./histogram-increase.ts";

/** Values of a bucket at 0 s, 15 s, 30 s, ...; null where it was not scraped. */
function bucket(le: number, values: readonly (number | null)[]): BucketSamples {
  const there = values.flatMap((value, at) => (value === null ? [] : [{ time: at * 15_000, value }]));
  return { le, times: there.map(({ time }) => time), values: there.map(({ value }) => value) };
}

const INF = Number.POSITIVE_INFINITY;

test.each([
  [
    "counts what came",
    [
      [1, [5, 6, 9]],
      [INF, [8, 10, 14]],
    ],
    { bounds: [0, 1, INF], counts: [4, 2] },
  ],
  [
    "a first edge at or below zero leaves the first cell open",
    [
      [0, [0, 1]],
      [INF, [0, 3]],
    ],
    { bounds: [-INF, 0, INF], counts: [1, 2] },
  ],
  [
    "a process that began again counts from zero",
    [
      [1, [5, 1, 2]],
      [INF, [9, 2, 4]],
    ],
    { bounds: [0, 1, INF], counts: [2, 2] },
  ],
  [
    "also where a bucket fell nowhere",
    [
      [1, [0, 1, 2]],
      [INF, [9, 2, 4]],
    ],
    { bounds: [0, 1, INF], counts: [2, 2] },
  ],
  [
    "and where it was not scraped at that moment",
    [
      [1, [5, null, 2]],
      [INF, [9, 2, 4]],
    ],
    { bounds: [0, 1, INF], counts: [2, 2] },
  ],
  [
    "edges that are not there are none",
    [
      [2, [1, 2]],
      [INF, [1, 4]],
    ],
    { bounds: [0, 2, INF], counts: [1, 2] },
  ],
  [
    "without the last bucket the highest is the total",
    [
      [1, [1, 2]],
      [2, [1, 4]],
    ],
    { bounds: [0, 1, 2], counts: [1, 2] },
  ],
] as const)("%s", (_, buckets, expected) => {
  const increase = histogramIncrease(
    buckets.map(([le, values]) => bucket(le, values)),
    undefined,
  );
  expect(increase).toEqual({ ...expected, sum: undefined });
});

test.each([
  [
    "of a bucket alone",
    [
      [1, [5, 1]],
      [INF, [9, 10]],
    ],
    'the bucket le="1" began anew and the others did not',
  ],
  [
    "that a torn scrape makes",
    [
      [1, [5, 9]],
      [INF, [9, 10]],
    ],
    'the bucket le="Infinity" counted less than the one below it',
  ],
] as const)("a reset %s drops the window", (_, buckets, dropped) => {
  expect(
    histogramIncrease(
      buckets.map(([le, values]) => bucket(le, values)),
      undefined,
    ),
  ).toEqual({ dropped });
});

test.each([
  ["a first scrape", [[INF, [7]]]],
  [
    "no request",
    [
      [1, [3, 3]],
      [INF, [7, 7]],
    ],
  ],
] as const)("nothing is told of %s", (_, buckets) => {
  expect(
    histogramIncrease(
      buckets.map(([le, values]) => bucket(le, values)),
      undefined,
    ),
  ).toBeUndefined();
});

test("sums begin again with their process", () => {
  const buckets = [bucket(1, [1, 2, 1]), bucket(INF, [4, 6, 2])];
  const increase = histogramIncrease(buckets, bucket(INF, [10, 15, 4]));
  expect(increase).toMatchObject({ sum: 9 });
});

test("whenever a process begins again, all that it counted from scrape to scrape is there, and never less than nothing", () => {
  const steps = fc.array(fc.record({ restart: fc.boolean(), counts: fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)) }), {
    minLength: 2,
    maxLength: 30,
  });
  fc.assert(
    fc.property(steps, (all) => {
      const edges = [1, 2, INF];
      const series: number[][] = [[], [], []];
      const wanted = [0, 0, 0];
      let now = [0, 0, 0];
      for (const [at, { restart, counts }] of all.entries()) {
        // A restart shows only where the total falls: of one that does not, what was before is taken off.
        const before = now[0]! + now[1]! + now[2]!;
        const more = counts[0] + counts[1] + counts[2];
        const begins = restart && more < before;
        now = begins ? [...counts] : now.map((value, cell) => value + counts[cell]!);
        if (at > 0) for (const cell of [0, 1, 2]) wanted[cell]! += counts[cell]!;
        let below = 0;
        for (const cell of [0, 1, 2]) {
          below += now[cell]!;
          series[cell]!.push(below);
        }
      }
      const increase = histogramIncrease(
        edges.map((le, cell) => bucket(le, series[cell]!)),
        undefined,
      );
      const nothing = wanted.every((count) => count === 0);
      expect(increase).toEqual(nothing ? undefined : { bounds: [0, 1, 2, INF], counts: wanted, sum: undefined });
    }),
  );
});
