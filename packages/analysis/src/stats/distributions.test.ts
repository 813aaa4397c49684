/** Values worked out by hand from the definitions, not by the code. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chiSquareUpperQuantile, chiSquareUpperTail, gammaUpperTail, lnGamma } from "./gamma.ts";
import { kolmogorovLimitTail, kolmogorovTail } from "./kolmogorov.ts";
import { adjustedByBenjaminiHochberg, adjustedByBenjaminiYekutieli } from "./multiple-testing.ts";
import { fisherExact, twoProportions, wilsonInterval } from "./proportions.ts";

describe("gamma and chi-square", () => {
  test.each([
    ["(n - 1)! at whole numbers", lnGamma(6), Math.log(120)],
    ["√π at a half", lnGamma(0.5), Math.log(Math.PI) / 2],
    ["Γ(1, x) = e^-x", gammaUpperTail(1, 2.5), Math.exp(-2.5)],
    ["Γ(2, x) = (1 + x) e^-x", gammaUpperTail(2, 7), 8 * Math.exp(-7)],
    ["two degrees of freedom: e^(-x/2)", chiSquareUpperTail(9, 2), Math.exp(-4.5)],
    ["four: (1 + x/2) e^(-x/2)", chiSquareUpperTail(3, 4), 2.5 * Math.exp(-1.5)],
    ["one: twice the normal tail beyond 1.959964", chiSquareUpperTail(3.841458820694124, 1), 0.05],
    ["far out", chiSquareUpperTail(1400, 2), Math.exp(-700)],
    ["none", chiSquareUpperTail(3, 0), 1],
    ["quantile of two: -2 ln p", chiSquareUpperQuantile(0.05, 2), -2 * Math.log(0.05)],
    ["quantile of one", chiSquareUpperQuantile(0.05, 1), 3.841458820694124],
  ])("%s", (_, found, expected) => expect(found / expected).toBeCloseTo(1, 12));

  test("a quantile's tail is what it was asked for", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 300 }), (p, freedom) => {
        expect(chiSquareUpperTail(chiSquareUpperQuantile(p, freedom), freedom) / p).toBeCloseTo(1, 8);
      }),
    );
  });

  test("a shape of 0 is refused", () => expect(() => gammaUpperTail(0, 1)).toThrow("expected more than 0"));
});

describe("Kolmogorov", () => {
  test.each([
    ["one value, d from a half: 2 (1 - d)", kolmogorovTail(0.7, 1), 0.6],
    ["two values, d up to a half: 1 - 2 (2d - 1/2)^2", kolmogorovTail(0.4, 2), 1 - 2 * 0.3 ** 2],
    ["two values, d from a half: 2 (1 - d)^2", kolmogorovTail(0.6, 2), 2 * 0.4 ** 2],
    ["nearer than any sample can be", kolmogorovTail(0.05, 10), 1],
    ["as far as it can be", kolmogorovTail(1, 3), 0],
    ["the limit's 5 % point, 1.3581 (Smirnov 1948)", kolmogorovLimitTail(1.3580986), 0.05],
    ["the limit's 1 % point, 1.6276", kolmogorovLimitTail(1.6276236), 0.01],
  ])("%s", (_, found, expected) => expect(found).toBeCloseTo(expected, 7));

  test("falls with the distance, whichever method is used", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0.001, max: 0.99, noNaN: true }), (n, d) => {
        expect(kolmogorovTail(d + 0.01, n)).toBeLessThanOrEqual(kolmogorovTail(d, n) + 1e-9);
      }),
      { numRuns: 60 },
    );
  });
});

describe("many tests", () => {
  // Five tests: 0.01 x 5/1, 0.02 x 5/2, 0.03 x 5/3 are all 0.05; 0.5 x 5/4 and 0.6 x 5/5 end at 0.6.
  const p = [0.5, 0.01, 0.03, 0.6, 0.02];
  test("Benjamini-Hochberg in the order given", () => {
    const found = adjustedByBenjaminiHochberg(p);
    for (const [at, q] of [0.6, 0.05, 0.05, 0.6, 0.05].entries()) expect(found[at]).toBeCloseTo(q, 14);
  });
  test("Benjamini-Yekutieli: by 1 + 1/2 + ... + 1/5 more", () => {
    const harmonic = 137 / 60;
    const found = adjustedByBenjaminiYekutieli(p);
    for (const [at, q] of [1, 0.05 * harmonic, 0.05 * harmonic, 1, 0.05 * harmonic].entries()) {
      expect(found[at]).toBeCloseTo(q, 14);
    }
  });
  test("what was not tested does not count", () =>
    expect(adjustedByBenjaminiHochberg([Number.NaN, 0.04])).toEqual([Number.NaN, 0.04]));
});

describe("two shares", () => {
  test("50 of 100 and 60 of 100: 0.1 / sqrt(0.55 x 0.45 / 50)", () => {
    expect(twoProportions(50, 100, 60, 100).z).toBeCloseTo(0.1 / Math.sqrt((0.55 * 0.45) / 50), 12);
    expect(twoProportions(0, 10, 0, 10)).toEqual({ z: 0, p: 1 });
  });
  test("the lady tasting tea: 34 of 70 tables are no likelier", () =>
    expect(fisherExact(3, 4, 1, 4)).toBeCloseTo(34 / 70, 12));
  test("Wilson's interval for none of ten: from 0 to z^2 / (10 + z^2)", () => {
    const z2 = 3.841458820694124;
    const [low, high] = wilsonInterval(0, 10);
    expect(low).toBeCloseTo(0, 14);
    expect(high).toBeCloseTo(z2 / (10 + z2), 9);
  });
});
