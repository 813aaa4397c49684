import type { Cells, ExponentialCells } from "@lockstep/schemas/domain/observed";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeAll, mergeCells } from "./merge-cells.ts";
import { countOf } from "./stored-observed.ts";

const counts = (length: number) =>
  fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: length, maxLength: length });
const explicit: fc.Arbitrary<Cells> = fc
  .uniqueArray(fc.constantFrom(Number.NEGATIVE_INFINITY, -5, -1, 0, 1, 2, 3, 5, 8, Number.POSITIVE_INFINITY), {
    minLength: 2,
  })
  .chain((bounds) =>
    counts(bounds.length - 1).map((each) => ({
      form: "explicit" as const,
      bounds: bounds.toSorted((a, b) => a - b),
      counts: each,
    })),
  );
const buckets = fc.record({ offset: fc.integer({ min: -9, max: 9 }), counts: fc.array(fc.nat(99), { maxLength: 8 }) });
const exponential: fc.Arbitrary<ExponentialCells> = fc.record({
  form: fc.constant("exponential" as const),
  scale: fc.integer({ min: -2, max: 4 }),
  zeroThreshold: fc.constantFrom(0, 0, 0.3, 0.4, 1),
  zeroCount: fc.nat(99),
  positive: buckets,
  negative: buckets,
});
const categories: fc.Arbitrary<Cells> = fc
  .array(fc.tuple(fc.constantFrom("a", "b", "__proto__", ""), fc.nat(99)))
  .map((pairs) => ({ form: "categories" as const, counts: new Map(pairs) }));

/** Where a side holds nothing, its offset says nothing; nor do empty buckets at its ends. */
function plain(cells: Cells | undefined): unknown {
  if (cells?.form !== "exponential") return cells?.form === "categories" ? new Map([...cells.counts].sort()) : cells;
  const trimmed = ({ offset, counts: all }: ExponentialCells["positive"]) =>
    all.map((count, at) => [offset + at, count]).filter(([, count]) => count! > 0);
  return { ...cells, positive: trimmed(cells.positive), negative: trimmed(cells.negative) };
}

describe.each([
  ["explicit", explicit],
  ["exponential", exponential as fc.Arbitrary<Cells>],
  ["categories", categories],
] as const)("sums of %s histograms", (_, cells) => {
  test("lose no count and make none negative", () => {
    fc.assert(
      fc.property(cells, cells, (a, b) => {
        const sum = mergeCells(a, b)!;
        expect(countOf(sum)).toBe(countOf(a) + countOf(b));
        if (sum.form === "explicit") for (const count of sum.counts) expect(count).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("do not depend on the order", () => {
    fc.assert(
      fc.property(cells, cells, (a, b) => {
        expect(plain(mergeCells(a, b))).toEqual(plain(mergeCells(b, a)));
      }),
    );
  });

  test("do not depend on what is added first", () => {
    fc.assert(
      fc.property(cells, cells, cells, (a, b, c) => {
        expect(plain(mergeAll([a, b, c]))).toEqual(plain(mergeCells(a, mergeCells(b, c)!)));
      }),
      { numRuns: 1000 },
    );
  });
});

test("a wider zero bucket takes in whole buckets", () => {
  const none = { offset: 0, counts: [] };
  const narrow: ExponentialCells = {
    form: "exponential",
    scale: 0,
    zeroThreshold: 0,
    zeroCount: 1,
    positive: { offset: 0, counts: [2, 3] },
    negative: { offset: 1, counts: [4] },
  };
  const sum = mergeCells(narrow, { ...narrow, zeroThreshold: 1.5, zeroCount: 5, positive: none, negative: none });
  expect(sum).toMatchObject({
    zeroThreshold: 2,
    zeroCount: 8,
    positive: { offset: 1, counts: [3] },
    negative: { counts: [4] },
  });
});

test("histograms far apart meet at a scale that keeps the sum small", () => {
  const at = (offset: number): ExponentialCells => ({
    form: "exponential",
    scale: 20,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { offset, counts: [3, 4] },
    negative: { offset: -offset, counts: [5] },
  });
  const all = [at(-30_000_000), at(0), at(40_000_000)];
  const sum = mergeAll(all) as ExponentialCells;
  expect(countOf(sum)).toBe(36);
  expect(sum.positive.counts.length + sum.negative.counts.length).toBeLessThanOrEqual(2 ** 17);
  expect(mergeAll([all[0]!, mergeAll(all.slice(1))!])).toEqual(sum);
  expect(plain(mergeAll(all.toReversed()))).toEqual(plain(sum));
});

test("where clients change from one form to the other, all of them add in whatever order", () => {
  const old: Cells = { form: "explicit", bounds: [0, 1, 4], counts: [2, 3] };
  const now = (scale: number): ExponentialCells => ({
    form: "exponential",
    scale,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { offset: 0, counts: [1, 5] },
    negative: { offset: 0, counts: [] },
  });
  const sum = mergeAll([old, now(1), now(0)])!;
  expect(countOf(sum)).toBe(17);
  expect(mergeAll([now(0), old, now(1)])).toEqual(sum);
  expect(mergeCells(old, now(0))).toBeUndefined();
});

test("numbers and categories do not add", () => {
  const one: Cells = { form: "explicit", bounds: [0, 1], counts: [1] };
  expect(mergeCells(one, { form: "categories", counts: new Map() })).toBeUndefined();
  expect(mergeAll([])).toBeUndefined();
});

test("an edge that cuts a cell with a count is given up, others stay", () => {
  const a: Cells = { form: "explicit", bounds: [0, 1, 2, 4], counts: [1, 0, 5] };
  const b: Cells = { form: "explicit", bounds: [0, 1.5, 3, 4], counts: [2, 0, 3] };
  expect(mergeCells(a, b)).toEqual({ form: "explicit", bounds: [0, 1.5, 2, 4], counts: [3, 0, 8] });
});
