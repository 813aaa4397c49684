import { expect, test } from "vitest";
import type { Performance } from "./performance.ts";
import { judgePerformance, limitsOf, performanceBand } from "./performance-band.ts";

function performance(accuracy: number, n = 1000): Performance {
  const right = accuracy * n;
  const wrong = n - right;
  const quarters = { tp: right / 2, tn: right / 2, fp: wrong / 2, fn: wrong / 2 };
  return { n, ...quarters, auc: accuracy, accuracy, precision: undefined, recall: undefined, f1: undefined };
}

const reference = [0.9, 0.92, 0.9, 0.92, 0.9, 0.92].map((accuracy) => performance(accuracy));

test("a band is the mean and three standard deviations on either side", () => {
  const { accuracy, precision } = performanceBand(reference);
  expect(accuracy).toEqual({ mean: expect.closeTo(0.91, 12), std: expect.closeTo(0.01, 12), windows: 6, rows: 1000 });
  expect(precision).toBeUndefined();
  const { lower, upper } = limitsOf(accuracy!, 1000);
  expect([lower, upper]).toEqual([expect.closeTo(0.88, 12), expect.closeTo(0.94, 12)]);
});

test("limits stay within 0 and 1, and are wider for a window of fewer rows only", () => {
  const band = { mean: 0.99, std: 0.01, windows: 10, rows: 1000 };
  expect(limitsOf(band, 1000).upper).toBe(1);
  expect(limitsOf(band, 250).lower).toBeCloseTo(0.93, 12);
  expect(limitsOf(band, 1_000_000).lower).toBeCloseTo(0.96, 12);
});

test.each([
  ["as usual", performance(0.9), "usual", []],
  ["below", performance(0.87), "worse", ["auc", "accuracy"]],
  ["above", performance(0.95), "better", ["auc", "accuracy"]],
  ["below, but of a tenth of the rows", performance(0.87, 100), "usual", []],
  ["of hardly any row", performance(0.5, 16), "not_enough_data", []],
])("%s", (_, window, verdict, metrics) => {
  const judged = judgePerformance(performanceBand(reference), window);
  expect(judged.verdict).toBe(verdict);
  expect(judged.breaches.map(({ metric }) => metric)).toEqual(metrics);
});

test("of fewer than six reference windows nothing is said", () => {
  const { verdict, reason } = judgePerformance(performanceBand(reference.slice(1)), performance(0.1));
  expect(verdict).toBe("not_enough_data");
  expect(reason).toMatch(/takes 6 reference windows/);
});

test("a reason tells the value and the limit that it passed", () => {
  const { reason } = judgePerformance(performanceBand(reference), performance(0.87));
  expect(reason).toBe("auc 0.8700 is below 0.8800; accuracy 0.8700 is below 0.8800");
});
