import { chiSquareUpperTail } from "@lockstep/analysis/stats/gamma";
import { expect, test } from "vitest";
import { Random } from "../straggler/random.ts";
import { binomial, CellDraw } from "./draw.ts";

test.each([
  [12, 0.3],
  [40, 0.6],
  [200, 0.07],
  [5000, 0.001],
  [1_000_000, 0.5],
  [1_000_000, 0.00002],
])("binomial of %d at %d comes as often as it should", (n, p) => {
  const random = new Random(7, `binomial ${n} ${p}`);
  const draws = 100_000;
  const found = new Map<number, number>();
  for (let i = 0; i < draws; i++) {
    const k = binomial(random, n, p);
    found.set(k, (found.get(k) ?? 0) + 1);
  }
  let [chi2, cells, expected, observed] = [0, 0, 0, 0];
  let logP = n * Math.log1p(-p);
  for (let k = 0; k <= n; k++) {
    expected += draws * Math.exp(logP);
    observed += found.get(k) ?? 0;
    if (expected >= 20) {
      chi2 += (observed - expected) ** 2 / expected;
      cells++;
      [expected, observed] = [0, 0];
    }
    logP += Math.log((n - k) / (k + 1)) + Math.log(p / (1 - p));
  }
  expect(chiSquareUpperTail(chi2, cells - 1)).toBeGreaterThan(1e-4);
});

test.each([100, 100_000])("%d rows over cells: all of them, by their shares", (rows) => {
  const shares = [0.5, 0.25, 0.125, 0.1, 0.025, 0];
  const draw = new CellDraw(shares);
  const random = new Random(3, "cells");
  const sums = shares.map(() => 0);
  const times = 2000;
  for (let i = 0; i < times; i++) {
    const counts = draw.counts(random, rows);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(rows);
    for (const [cell, count] of counts.entries()) sums[cell]! += count;
  }
  for (const [cell, share] of shares.entries()) {
    const deviation = Math.sqrt((share * (1 - share)) / (rows * times));
    expect(Math.abs(sums[cell]! / (rows * times) - share)).toBeLessThanOrEqual(4.5 * deviation);
  }
});
