import type { KeyRange } from "@lockstep/schemas/queries/rollup-build";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { markRanges } from "./mark-ranges.ts";
import { halves, keyRanges, stretches } from "./stretches.ts";

const DAY = 86_400;
const mark = (since: number, until: number, ...ids: string[]) => ({ level: 300, since, until, ids });

describe("marks of a post", () => {
  test.each([
    { name: "one window", windows: [600], ranges: [[600, 900]] },
    {
      name: "neighbours",
      windows: [600, 900, 1800],
      ranges: [
        [600, 1200],
        [1800, 2100],
      ],
    },
    {
      name: "a midnight between neighbours",
      windows: [DAY - 300, DAY],
      ranges: [
        [DAY - 300, DAY],
        [DAY, DAY + 300],
      ],
    },
    {
      name: "windows all over a day",
      windows: Array.from({ length: 50 }, (_, i) => i * 900),
      ranges: [[0, 49 * 900 + 300]],
    },
  ])("$name", ({ windows, ranges }) => {
    expect(markRanges(windows).map(({ since, until }) => [since, until])).toEqual(ranges);
  });
});

describe("stretches", () => {
  test("ranges that overlap or touch are one, days apart, the newest first", () => {
    const found = stretches([
      mark(0, 600, "a"),
      mark(300, 900, "b"),
      mark(900, 1200, "c"),
      mark(1500, 1800, "d"),
      mark(DAY, DAY + 300, "e"),
    ]);
    expect(found.map(({ since, until, marks }) => [since, until, marks.flatMap(({ ids }) => ids)])).toEqual([
      [DAY, DAY + 300, ["e"]],
      [1500, 1800, ["d"]],
      [0, 1200, ["a", "b", "c"]],
    ]);
  });

  test("many of a day are joined over short gaps", () => {
    const scattered = Array.from({ length: 13 }, (_, i) => mark(i * 900, i * 900 + 300, String(i)));
    expect(stretches([...scattered, mark(60_000, 60_300, "far")]).map(({ since, until }) => [since, until])).toEqual([
      [60_000, 60_300],
      [0, 12 * 900 + 300],
    ]);
  });
});

describe("key ranges", () => {
  const load = fc
    .uniqueArray(fc.tuple(fc.nat(4095), fc.integer({ min: 1, max: 500 })), { selector: ([bucket]) => bucket })
    .map((buckets) => buckets.sort(([a], [b]) => a - b).map(([bucket, rows]) => ({ bucket, rows })));
  const holds = ({ metrics, series }: KeyRange, metric: number, id: bigint) =>
    metrics[0] <= metric && metric <= metrics[1] && BigInt(series[0]) <= id && id <= BigInt(series[1]);

  test("every key with rows is in exactly one of them", () => {
    fc.assert(
      fc.property(load, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(2 ** 20 - 1), (buckets, id, offset) => {
        const ranges = keyRanges(buckets, 100);
        for (const { bucket } of buckets) {
          expect(ranges.filter((range) => holds(range, bucket * 2 ** 20 + offset, id))).toHaveLength(1);
        }
      }),
    );
  });

  test("whole buckets up to the limit, larger ones in equal parts of their series", () => {
    const found = keyRanges(
      [
        { bucket: 1, rows: 60 },
        { bucket: 5, rows: 40 },
        { bucket: 6, rows: 1 },
        { bucket: 9, rows: 250 },
      ],
      100,
    );
    expect(found.map(({ metrics }) => metrics.map((metric) => metric / 2 ** 20))).toEqual([
      [1, 6 - 2 ** -20],
      [6, 7 - 2 ** -20],
      [9, 10 - 2 ** -20],
      [9, 10 - 2 ** -20],
      [9, 10 - 2 ** -20],
    ]);
    expect(found.at(-1)?.series[1]).toBe("18446744073709551615");
  });

  test("none where there is nothing", () => expect(keyRanges([], 100)).toEqual([]));

  test("two halves have every key of the whole once", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (id) => {
        const whole = keyRanges([{ bucket: 3, rows: 1 }], 100)[0]!;
        expect(halves(whole).filter((half) => holds(half, 3 * 2 ** 20, id))).toHaveLength(1);
      }),
    );
  });
});
