import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { binomialUpperTail } from "./binomial.ts";
import { correlation, lagOneCorrelation } from "./correlation.ts";
import { Cusum } from "./cusum.ts";
import { DisjointSets } from "./disjoint-sets.ts";
import { madSigma, median, medianOfOthers, selectPrefix, sortPrefix } from "./median.ts";
import { pairScaleOfSorted } from "./pair-scale.ts";
import { trimmedMeanOfSorted } from "./trimmed-mean.ts";
import { normalUpperQuantile, normalUpperTail, studentUpperQuantile } from "./upper-tail.ts";

const numbers = (minLength: number, maxLength = 80) =>
  fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength, maxLength });

describe("order statistics", () => {
  test.each([
    { values: [3], middle: 3 },
    { values: [4, 1], middle: 2.5 },
    { values: [5, Number.NaN, 1, 2], middle: 2 },
    { values: [], middle: Number.NaN },
  ])("median of $values is $middle", ({ values, middle }) => expect(median(values)).toBe(middle));

  it("takes the median of the others as if the value had never been there", () => {
    fc.assert(
      fc.property(numbers(2), fc.nat(), (values, pick) => {
        const own = values[pick % values.length]!;
        const sorted = Float64Array.from(values);
        sortPrefix(sorted, values.length);
        const others = values.filter((_, i) => i !== pick % values.length);
        expect(medianOfOthers(sorted, values.length, own)).toBe(median(others));
      }),
    );
  });

  it("selects what sorting would put at the place", () => {
    fc.assert(
      fc.property(numbers(1), fc.nat(), (values, pick) => {
        const place = pick % values.length;
        const sorted = Float64Array.from(values).sort();
        expect(selectPrefix(Float64Array.from(values), values.length, place)).toBe(sorted[place]);
      }),
    );
  });

  it("trims a fifth at each end", () => {
    expect(trimmedMeanOfSorted(Float64Array.of(-1e9, 1, 2, 3, 1e9), 5)).toBe(2);
  });

  it("estimates a standard deviation by MAD and by pairs of the normal quantiles", () => {
    const n = 101;
    const sorted = Float64Array.from({ length: n }, (_, i) => {
      const p = (i + 0.5) / n;
      return p < 0.5 ? -normalUpperQuantile(p) : p > 0.5 ? normalUpperQuantile(1 - p) : 0;
    });
    expect(madSigma(sorted)).toBeCloseTo(1, 1);
    expect(pairScaleOfSorted(sorted, n, new Float64Array((n * (n - 1)) / 2))).toBeCloseTo(1, 1);
  });
});

describe("tails", () => {
  // Of tables: Φ(1.959964) = 0.975, Φ(4) = 1 - 3.167124e-5, Φ(8) = 1 - 6.220961e-16.
  test.each([
    { z: 0, p: 0.5 },
    { z: 1.959963985, p: 0.025 },
    { z: 2.999999, p: 1.349902e-3 },
    { z: 3.000001, p: 1.349893e-3 },
    { z: 4, p: 3.167124e-5 },
    { z: 8, p: 6.220961e-16 },
  ])("P(Z > $z) = $p", ({ z, p }) => {
    expect(normalUpperTail(z) / p).toBeCloseTo(1, 5);
    expect(normalUpperQuantile(p)).toBeCloseTo(z, 5);
  });

  // Of tables of Student's t.
  test.each([
    { p: 0.025, freedom: 10, t: 2.2281 },
    { p: 0.001, freedom: 5, t: 5.8934 },
    { p: 0.0005, freedom: 30, t: 3.646 },
    { p: 0.025, freedom: 1e9, t: 1.95996 },
  ])("t of $freedom degrees exceeds $t with chance $p", ({ p, freedom, t }) => {
    expect(Math.abs(studentUpperQuantile(p, freedom) / t - 1)).toBeLessThan(0.02);
  });

  it("knows no quantile with too few degrees of freedom, and refuses what is no tail", () => {
    expect(studentUpperQuantile(0.01, 2)).toBe(Number.POSITIVE_INFINITY);
    expect(() => normalUpperQuantile(0.7)).toThrow("expected 0 < p <= 0.5");
  });

  test.each([
    { successes: 0, trials: 5, p: 0.1, tail: 1 },
    { successes: 2, trials: 2, p: 0.5, tail: 0.25 },
    { successes: 3, trials: 5, p: 0.5, tail: 0.5 },
    { successes: 8, trials: 8, p: 0.01, tail: 1e-16 },
    { successes: 6, trials: 5, p: 0.9, tail: 0 },
  ])("P(X >= $successes of $trials at $p) = $tail", ({ successes, trials, p, tail }) => {
    expect(binomialUpperTail(successes, trials, p)).toBeCloseTo(tail, 12);
  });
});

describe("series", () => {
  it("correlates where both are known", () => {
    expect(correlation([1, 2, Number.NaN, 4], [2, 4, 9, 8])).toBeCloseTo(1, 12);
    expect(correlation([1, 2, 3], [5, 5, 5])).toBeNaN();
    expect(lagOneCorrelation(Float64Array.of(1, -1, 1, -1, 1, -1))).toBeCloseTo(-1, 12);
  });

  it("sums what lies above the allowance, caps a single value, and forgets on the way down", () => {
    const cusum = new Cusum({ allowance: 1, limit: 5, cap: 4 });
    expect([3, 1000, 1].map((value) => cusum.add(value))).toEqual([false, false, false]);
    expect(cusum.sum).toBe(5);
    expect(cusum.run).toBe(3);
    expect(cusum.add(2)).toBe(true);
    expect(cusum.add(Number.NaN)).toBe(true);
    expect(cusum.add(-9)).toBe(false);
    expect(cusum.run).toBe(0);
  });

  it("joins sets, whatever the order", () => {
    const sets = new DisjointSets(6);
    sets.join(4, 2);
    sets.join(5, 4);
    expect([0, 1, 2, 3, 4, 5].map((member) => sets.find(member))).toEqual([0, 1, 2, 3, 2, 2]);
  });
});
