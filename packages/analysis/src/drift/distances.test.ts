/** Values worked out by hand from the definitions. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { axisDistances } from "./axis-distances.ts";
import { cellDistances } from "./cell-distances.ts";
import { sureGap } from "./sure-gap.ts";

describe("two cells, p = (1/2, 1/2) and q = (1/4, 3/4), four rows each", () => {
  const found = cellDistances([2, 2], [1, 3])!;
  // Half a count more in each cell: p = 2.5/5 and q = (1.5/5, 3.5/5).
  const jeffreys = 0.2 * Math.log(5 / 3) - 0.2 * Math.log(5 / 7);
  test.each([
    ["tvd", 0.25],
    ["l_infinity", 0.25],
    ["hellinger", Math.sqrt(1 - Math.sqrt(1 / 8) - Math.sqrt(3 / 8))],
    ["psi_no_smoothing", 0.25 * Math.log(3)],
    ["psi_jeffreys", jeffreys],
    ["psi_jeffreys_chi2_scaled", 2 * jeffreys],
    ["psi_expected_null", 0.5],
    ["psi_debiased", 0],
    [
      "js_divergence_base2",
      0.5 * (0.5 * Math.log2(4 / 3) + 0.5 * Math.log2(4 / 5) + 0.25 * Math.log2(2 / 3) + 0.75 * Math.log2(6 / 5)),
    ],
    // N (ad - bc)^2 over the product of the sums.
    ["chi2_stat", (8 * 4 ** 2) / (4 * 4 * 3 * 5)],
    ["chi2_dof", 1],
    ["cramers_v", Math.sqrt(4 ** 2 / (4 * 4 * 3 * 5))],
    ["g_stat", 2 * (2 * Math.log(2 / 1.5) + 2 * Math.log(2 / 2.5) + Math.log(1 / 1.5) + 3 * Math.log(3 / 2.5))],
    // Each of the four is half a row off its expectation, which the correction takes away.
    ["chi2_stat_yates", 0],
  ] as const)("%s", (name, expected) => expect(found[name]).toBeCloseTo(expected, 13));

  test("on an axis", () => {
    expect(axisDistances([0, 1, 2], [2, 2], [1, 3])).toMatchObject({
      ks_stat: 0.25,
      w1_midpoint: 0.25,
      baseline_std_midpoint: 0.5,
      w1_norm_midpoint: 0.5,
      w1_uniform: 0.25,
      mean_shift_over_std_midpoint: 0.5,
    });
    expect(axisDistances([0, 1, 2], [2, 2], [1, 3]).baseline_std_uniform).toBeCloseTo(Math.sqrt(1 / 3), 14);
  });
});

test("an empty side: nothing can be said", () => {
  expect(cellDistances([0, 0], [1, 2])).toBeUndefined();
  expect(cellDistances([1, 2], [0, 0])).toBeUndefined();
});

test("a cell on one side only: infinite without smoothing, finite with it", () => {
  const found = cellDistances([10, 0], [5, 5])!;
  expect(found.psi_no_smoothing).toBe(Number.POSITIVE_INFINITY);
  expect(found.psi_jeffreys).toBeLessThan(3);
});

test("open cells have no place: what rests on it is left out once they hold more than 1 %", () => {
  const bounds = [Number.NEGATIVE_INFINITY, 0, 1, 2, Number.POSITIVE_INFINITY];
  expect(axisDistances(bounds, [1, 100, 100, 0], [0, 100, 100, 1])).toMatchObject({ w1_midpoint: 0 });
  expect(axisDistances(bounds, [5, 100, 100, 0], [0, 100, 100, 1])).not.toHaveProperty("w1_midpoint");
});

const counts = fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 });

test("whatever the counts: distances lie in their ranges and do not depend on the order of the cells", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 30 }), (cells) => {
      const of = (all: typeof cells) =>
        cellDistances(
          all.map(([b]) => b),
          all.map(([, c]) => c),
        );
      const found = of(cells);
      fc.pre(found !== undefined);
      for (const name of ["js_distance_base2", "hellinger", "tvd", "l_infinity", "chi2_p", "g_p"] as const) {
        expect(found[name]).toBeGreaterThanOrEqual(0);
        expect(found[name]).toBeLessThanOrEqual(1 + 1e-12);
      }
      expect(found.tvd ** 2).toBeLessThanOrEqual(2 * found.hellinger ** 2 + 1e-12);
      expect(of(cells.toReversed())!.psi_jeffreys).toBeCloseTo(found.psi_jeffreys, 10);
    }),
  );
});

describe("the gap that is sure", () => {
  test("over the same edges it is Kolmogorov-Smirnov's", () => {
    fc.assert(
      fc.property(counts, fc.infiniteStream(fc.nat(1000)), (b, stream) => {
        const c = b.map(() => stream.next().value as number);
        fc.pre(b.some((each) => each > 0) && c.some((each) => each > 0));
        const bounds = [...b.keys(), b.length];
        const gap = sureGap({ bounds, counts: b }, { bounds, counts: c })!;
        expect(gap).toBeCloseTo(axisDistances(bounds, b, c).ks_stat!, 12);
      }),
    );
  });

  test("over unlike edges it is never more than that of the values", () => {
    const values = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 40 });
    const edges = fc
      .uniqueArray(fc.integer({ min: 1, max: 9 }))
      .map((inner) => [0, ...inner.toSorted((a, b) => a - b), 10]);
    fc.assert(
      fc.property(values, values, edges, edges, (x, y, ofX, ofY) => {
        const gap = sureGap(histogram(x, ofX), histogram(y, ofY))!;
        expect(gap).toBeLessThanOrEqual(kolmogorovSmirnov(x, y) + 1e-12);
      }),
    );
  });

  test("one cell over everything proves nothing, cells apart prove all", () => {
    expect(sureGap({ bounds: [0, 10], counts: [5] }, { bounds: [0, 2, 4, 10], counts: [1, 9, 0] })).toBe(0);
    expect(sureGap({ bounds: [0, 1], counts: [5] }, { bounds: [3, 4], counts: [7] })).toBe(1);
    expect(sureGap({ bounds: [0, 1], counts: [0] }, { bounds: [3, 4], counts: [7] })).toBeUndefined();
  });
});

function histogram(values: readonly number[], bounds: readonly number[]) {
  const sums = bounds.slice(1).map(() => 0);
  for (const value of values) sums[Math.max(0, bounds.findIndex((edge) => value <= edge) - 1)]! += 1;
  return { bounds, counts: sums };
}

function kolmogorovSmirnov(x: readonly number[], y: readonly number[]): number {
  const share = (of: readonly number[], at: number) => of.filter((value) => value <= at).length / of.length;
  return Math.max(...[...x, ...y].map((at) => Math.abs(share(x, at) - share(y, at))));
}
