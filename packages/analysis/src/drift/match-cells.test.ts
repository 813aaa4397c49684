import type { CategoryCells, Cells, ExplicitCells, ExponentialCells } from "@lockstep/schemas/domain/observed";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinCells } from "./join-cells.ts";
import { matchCells, OTHER } from "./match-cells.ts";
import { countOf } from "./stored-observed.ts";

const explicit = (bounds: readonly number[], counts: readonly number[]): ExplicitCells => ({
  form: "explicit",
  bounds,
  counts,
});
const kinds = (counts: Readonly<Record<string, number>>): CategoryCells => ({
  form: "categories",
  counts: new Map(Object.entries(counts)),
});
const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
const { NEGATIVE_INFINITY: low, POSITIVE_INFINITY: high } = Number;

describe("numbers over unlike edges", () => {
  test.each<[string, ExplicitCells, ExplicitCells, object]>([
    [
      "four of the finer side's five cells are shared: joined, and counts stay counts",
      explicit([0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
      explicit([0, 2, 3, 4, 5], [9, 8, 7, 6]),
      { bounds: [0, 2, 3, 4, 5], baseline: [3, 3, 4, 5], current: [9, 8, 7, 6], approximate: false },
    ],
    [
      "few are shared: all edges, split by width",
      explicit([0, 2, 4], [8, 4]),
      explicit([0, 1, 4], [6, 3]),
      { bounds: [0, 1, 2, 4], baseline: [4, 4, 4], current: [6, 1, 2], approximate: true },
    ],
    [
      "an open cell is not split: nobody knows where in it the values lie",
      explicit([low, 10, 20, high], [5, 5, 5]),
      explicit([low, 2, 5, 10, 20, 40, high], [1, 2, 2, 5, 4, 1]),
      { bounds: [low, 10, 20, high], baseline: [5, 5, 5], current: [5, 5, 5], approximate: false },
    ],
    [
      "one that is open and empty may be cut",
      explicit([low, 0, 2], [0, 4]),
      explicit([-1, 1, 2], [2, 2]),
      { bounds: [low, -1, 0, 1, 2], baseline: [0, 0, 2, 2], current: [0, 1, 1, 2], approximate: true },
    ],
    [
      "a finite cell over an edge that an open one forbids",
      explicit([low, 10, high], [3, 3]),
      explicit([0, 5, 20], [4, 6]),
      { bounds: [low, 10, high], baseline: [3, 3], current: [6, 4], approximate: true },
    ],
  ])("%s", (_, baseline, current, expected) => expect(matchCells(baseline, current)).toMatchObject(expected));
});

const numeric: fc.Arbitrary<Cells> = fc.oneof(
  fc.uniqueArray(fc.constantFrom(low, -5, -1, 0, 1, 2, 3.5, 8, high), { minLength: 2 }).chain((bounds) =>
    fc.array(fc.nat(1000), { minLength: bounds.length - 1, maxLength: bounds.length - 1 }).map((counts) =>
      explicit(
        bounds.toSorted((a, b) => a - b),
        counts,
      ),
    ),
  ),
  fc.record({
    form: fc.constant("exponential" as const),
    scale: fc.integer({ min: -2, max: 4 }),
    zeroThreshold: fc.constantFrom(0, 0.3, 1),
    zeroCount: fc.nat(99),
    positive: fc.record({ offset: fc.integer({ min: -9, max: 9 }), counts: fc.array(fc.nat(99), { maxLength: 8 }) }),
    negative: fc.record({ offset: fc.integer({ min: -9, max: 9 }), counts: fc.array(fc.nat(99), { maxLength: 8 }) }),
  }),
);

describe("whatever meets", () => {
  test("numbers: no row is lost, none is made, and edges ascend", () => {
    fc.assert(
      fc.property(numeric, numeric, (a, b) => {
        const match = matchCells(a, b)!;
        expect(sum(match.baseline)).toBeCloseTo(countOf(a), 6);
        expect(sum(match.current)).toBeCloseTo(countOf(b), 6);
        expect([...match.baseline, ...match.current].every((count) => count >= 0)).toBe(true);
        expect(match.form === "numeric" && match.bounds.length).toBe(match.baseline.length + 1);
      }),
      { numRuns: 500 },
    );
  });

  test("categories: no row is lost", () => {
    const names = fc.constantFrom("a", "b", "__proto__", "", OTHER, "__missing__");
    const cells = fc
      .array(fc.tuple(fc.oneof(names, fc.string({ maxLength: 2 })), fc.nat(99)), { maxLength: 90 })
      .map((pairs): CategoryCells => ({ form: "categories", counts: new Map(pairs) }));
    fc.assert(
      fc.property(cells, cells, (a, b) => {
        const match = matchCells(a, b)!;
        expect(sum(match.baseline)).toBe(countOf(a));
        expect(sum(match.current)).toBe(countOf(b));
        expect(match.baseline.length).toBeLessThanOrEqual(51);
      }),
    );
  });

  test("joined cells hold what all cells held, and five rows are expected in each on either side", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(200)), { minLength: 1, maxLength: 60 }), (cells) => {
        const [baseline, current] = [cells.map(([b]) => b), cells.map(([, c]) => c)];
        const [n, m] = [sum(baseline), sum(current)];
        fc.pre(n > 0 && m > 0);
        const bounds = [...cells.keys(), cells.length];
        const joined = joinCells(
          matchCells(explicit(bounds, baseline), explicit(bounds, current))!,
          (n * m) / (n + m),
          5,
        );
        expect(sum(joined.baseline)).toBe(n);
        expect(sum(joined.current)).toBe(m);
        if (joined.baseline.length === 1) return;
        for (const [at, count] of joined.baseline.entries()) {
          const share = (count + joined.current[at]!) / (n + m);
          expect(share * Math.min(n, m)).toBeGreaterThanOrEqual(5 - 1e-9);
        }
      }),
    );
  });
});

test("numbers and categories do not compare", () =>
  expect(matchCells(explicit([0, 1], [1]), kinds({ a: 1 }))).toBeUndefined());

test("explicit and exponential meet over the edges of both", () => {
  const tokens: ExponentialCells = {
    form: "exponential",
    scale: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { offset: 0, counts: [4, 8] },
    negative: { offset: 0, counts: [] },
  };
  // (1, 2] holds 4 and (2, 4] holds 8; of the other, (1, 3] holds 4 and (3, 4] holds 2.
  expect(matchCells(tokens, explicit([0, 1, 3, 4], [0, 4, 2]))).toMatchObject({
    baseline: [0, 4, 4, 4],
    current: [0, 2, 2, 2],
    approximate: true,
  });
});

describe("categories", () => {
  test("the rare ones share a cell, wherever they were seen", () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`c${i}`, 1000 - i]));
    const match = matchCells(kinds(many), kinds({ c0: 10, c59: 5, fresh: 3, [OTHER]: 4 }))!;
    expect(match).toMatchObject({ form: "categories", fresh: 3, expectedFresh: 0 });
    expect(match.form === "categories" && match.names).toHaveLength(51);
    // c50 to c59 have 950 down to 941 rows.
    expect([match.baseline.at(-1), match.current.at(-1)]).toEqual([9455, 12]);
  });

  test("a category seen once for every row: as many again are to be expected", () => {
    const baseline = kinds({ a: 90, b: 1, c: 1, d: 1, e: 7 });
    expect(matchCells(baseline, kinds({ a: 90, f: 3 }))).toMatchObject({ expectedFresh: 0.03, fresh: 3 });
  });
});

describe("joined cells", () => {
  test("a constant that moved is not joined with where it was", () => {
    const bounds = [0, 1, 2, 3, 4];
    const match = matchCells(explicit(bounds, [0, 0, 1000, 0]), explicit(bounds, [150, 0, 850, 0]))!;
    expect(joinCells(match, 500, 5)).toMatchObject({ bounds: [0, 1, 4], baseline: [0, 1000], current: [150, 850] });
  });

  test("many fine cells become about twenty of equal shares", () => {
    const counts = Array.from({ length: 400 }, () => 10);
    const cells = explicit([...counts.keys(), counts.length], counts);
    const joined = joinCells(matchCells(cells, cells)!, 2000, 5);
    expect(joined.baseline).toEqual(Array.from({ length: 20 }, () => 200));
  });

  test("rare categories go together, and with few rows even more do", () => {
    const match = matchCells(kinds({ a: 500, b: 400, c: 60, d: 40 }), kinds({ a: 500, b: 400, c: 60, d: 40 }))!;
    expect(joinCells(match, 500, 5)).toMatchObject({ names: ["a", "b", "c", "d"] });
    expect(joinCells(match, 60, 5)).toMatchObject({ names: ["a", "b", OTHER], baseline: [500, 400, 100] });
    expect(joinCells(match, 12, 5)).toMatchObject({ names: ["a", OTHER], baseline: [500, 500] });
  });
});
