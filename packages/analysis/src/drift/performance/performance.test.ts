import type { ExplicitCells, LabelledCells } from "@lockstep/schemas/domain/observed";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calibrate, calibrationError } from "./calibration.ts";
import { estimatePerformance, whyNotEstimated } from "./estimate.ts";
import { realisedPerformance } from "./realised.ts";

const quarters = [0, 0.25, 0.5, 0.75, 1];

function score(counts: readonly number[], bounds: readonly number[] = quarters): ExplicitCells {
  return { form: "explicit", bounds, counts };
}

function labels(
  labelled: readonly number[],
  positives: readonly number[],
  scoreSums?: readonly number[],
): LabelledCells {
  return { labelled, positives, scoreSums: scoreSums ?? labelled.map(() => 0) };
}

/** Rates 1/10, 3/10, 6/10, 9/10 by 9 rows a cell and half a row of either class. */
const tenths = calibrate(score([0, 0, 0, 0]), labels([9, 9, 9, 9], [0.5, 2.5, 5.5, 8.5]));

test("rates of a calibration have half a row more of either class", () => {
  const calibration = calibrate(score([5, 5, 5, 5]), labels([0, 1, 9, 99], [0, 0, 9, 49]));
  expect(calibration.rates).toEqual([0.5, 0.25, 0.95, 0.495]);
});

test("labels of other cells than the score's are refused", () => {
  expect(() => calibrate(score([1, 1, 1, 1]), labels([1, 1], [0, 1]))).toThrow(/found 2 cells, expected 4/);
  expect(() => realisedPerformance(score([1, 1, 1, 1]), labels([1, 1], [0, 1]), 0.5)).toThrow(/found 2 cells/);
});

describe("estimated performance", () => {
  test("by hand: rows of each cell count by its rate", () => {
    const { tp, fp, fn, tn, auc, accuracy, precision, recall, f1, n } = estimatePerformance(
      tenths,
      score([10, 20, 30, 40]),
      0.5,
    )!;
    expect([n, tp, fp, fn, tn]).toEqual([100, 54, 16, 7, 23].map((each) => expect.closeTo(each, 12)));
    // Rows of class 1: 1, 6, 18, 36; of class 0: 9, 14, 12, 4.
    const pairs = 1 * 4.5 + 6 * (9 + 7) + 18 * (23 + 6) + 36 * (35 + 2);
    expect([auc, accuracy, precision, recall, f1]).toEqual(
      [pairs / (61 * 39), 0.77, 54 / 70, 54 / 61, 108 / 131].map((each) => expect.closeTo(each, 12)),
    );
  });

  test.each([
    ["on an edge", 0.25, 90],
    ["a quarter into a cell", 0.3125, 85],
    ["below all scores", -1, 100],
    ["above all scores", 2, 0],
  ])("decision %s: %s predicts class 1 of %s rows", (_, decision, rows) => {
    const { tp, fp } = estimatePerformance(tenths, score([10, 20, 30, 40]), decision)!;
    expect(tp + fp).toBeCloseTo(rows, 10);
  });

  test("of nothing predicted precision is undefined, not 0", () => {
    const performance = estimatePerformance(tenths, score([10, 20, 30, 40]), 2)!;
    expect(performance.precision).toBeUndefined();
    expect(performance.recall).toBe(0);
  });

  test.each([
    ["a finer score", score([4, 6, 5, 15, 10, 20, 25, 15], [0, 0.1, 0.25, 0.3, 0.5, 0.6, 0.75, 0.9, 1])],
    ["edges a rounding off", score([10, 20, 30, 40], [0, 0.25 - 2 ** -54, 0.5 + 2 ** -53, 0.75, 1])],
    ["open cells that are empty", score([0, 10, 20, 30, 40, 0], [-Infinity, ...quarters, Infinity])],
  ])("%s is gathered into the cells that were calibrated", (_, current) => {
    expect(estimatePerformance(tenths, current, 0.5)).toEqual(
      estimatePerformance(tenths, score([10, 20, 30, 40]), 0.5),
    );
  });

  test("where the score lacks an edge of ten, the calibration's cells are joined there", () => {
    const ten = Array.from({ length: 11 }, (_, at) => at / 10);
    const fine = calibrate(
      score(new Array(10).fill(0), ten),
      labels(new Array(10).fill(9), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    );
    const without = ten.filter((edge) => edge !== 0.1);
    const joined = estimatePerformance(fine, score([20, 0, 0, 0, 0, 0, 0, 0, 10], without), 0.5)!;
    expect(joined.fn).toBeCloseTo((20 * 1.5) / 19, 10);
    expect(joined.tp).toBeCloseTo((10 * 9.5) / 10, 10);
  });

  test.each([
    ["no scores", score([0, 0, 0, 0]), 0.5, /no score/],
    ["other bounds", score([1, 2], [0, 0.5, 1]), 0.5, /share 2 of 4 cells/],
    ["no bounds in common", score([1, 2], [10, 11, 12]), 0.5, /share 0 of 4 cells/],
    ["scores outside", score([1, 1, 1, 1, 7], [...quarters, 2]), 0.5, /outside the cells/],
    ["no decision", score([1, 1, 1, 1]), Number.NaN, /decision NaN/],
  ])("%s: none, and why", (_, current, decision, why) => {
    expect(estimatePerformance(tenths, current, decision)).toBeUndefined();
    expect(whyNotEstimated(tenths, current, decision)).toMatch(why);
  });

  test("a decision within an open cell that holds scores is not guessed at", () => {
    const bounds = [-Infinity, 0.5, Infinity];
    const open = calibrate(score([0, 0], bounds), labels([9, 9], [1, 8]));
    expect(estimatePerformance(open, score([3, 4], bounds), 0.5)).toBeDefined();
    expect(whyNotEstimated(open, score([3, 4], bounds), 0.7)).toMatch(/open cell from 0.5 to Infinity/);
    expect(estimatePerformance(open, score([3, 0], bounds), 0.7)).toBeDefined();
  });

  test("an open end is no edge of a finite one", () => {
    const open = calibrate(score([0, 0, 0], [0, 0.25, 0.5, Infinity]), labels([9, 9, 9], [1, 5, 9]));
    expect(whyNotEstimated(open, score([1, 1, 1], [0, 0.25, 0.5, 1]), 0.5)).toMatch(/share 2 of 3 cells/);
  });

  test("of a calibration without labels", () => {
    const none = calibrate(score([1, 1, 1, 1]), labels([0, 0, 0, 0], [0, 0, 0, 0]));
    expect(whyNotEstimated(none, score([1, 1, 1, 1]), 0.5)).toMatch(/no labelled row/);
  });
});

test("realised performance by hand, over labelled rows only", () => {
  const realised = realisedPerformance(score([100, 100, 100, 100]), labels([10, 20, 30, 40], [1, 6, 18, 36]), 0.5)!;
  expect(realised).toMatchObject({ n: 100, tp: 54, fp: 16, fn: 7, tn: 23, accuracy: 0.77 });
  expect(realisedPerformance(score([9, 9, 9, 9]), labels([0, 0, 0, 0], [0, 0, 0, 0]), 0.5)).toBeUndefined();
});

test("with one class alone there is no area under the curve", () => {
  expect(realisedPerformance(score([1, 1, 1, 1]), labels([1, 1, 1, 1], [1, 1, 1, 1]), 0.5)!.auc).toBeUndefined();
});

describe("calibration error", () => {
  test("by hand", () => {
    const { ece, mce, eceByChance, n } = calibrationError(labels([10, 0, 30, 0], [2, 0, 15, 0], [1, 0, 18, 0]))!;
    expect(n).toBe(40);
    // Distances 0.2 - 0.1 and 0.6 - 0.5.
    expect(ece).toBeCloseTo(0.1, 12);
    expect(mce).toBeCloseTo(0.1, 12);
    expect(eceByChance).toBeCloseTo(
      ((Math.sqrt(0.2 * 0.8 * 10) + Math.sqrt(0.25 * 30)) * Math.sqrt(2 / Math.PI)) / 40,
      12,
    );
  });

  test("of no labels there is none", () => {
    expect(calibrationError(labels([0, 0], [0, 0]))).toBeUndefined();
  });
});

const cell = fc.record({ rows: fc.nat(10_000), share: fc.double({ min: 0, max: 1, noNaN: true }) });
const cells = fc.array(cell, { minLength: 1, maxLength: 30 });
const decision = fc.double({ min: -0.5, max: 1.5, noNaN: true });

function labelledOf(of: readonly { rows: number; share: number }[]) {
  const labelled = of.map(({ rows }) => rows);
  const positives = of.map(({ rows, share }) => Math.round(rows * share));
  const bounds = Array.from({ length: of.length + 1 }, (_, at) => at / of.length);
  const sums = labelled.map((rows, at) => rows * (bounds[at]! + bounds[at + 1]!) * 0.5);
  return { score: score(labelled, bounds), labelled: labels(labelled, positives, sums) };
}

describe("for any counts", () => {
  test("the four add up to the rows and every share lies from 0 to 1", () => {
    fc.assert(
      fc.property(cells, decision, (of, at) => {
        const { score: observed, labelled } = labelledOf(of);
        const calibration = calibrate(observed, labelled);
        for (const found of [
          estimatePerformance(calibration, observed, at),
          realisedPerformance(observed, labelled, at),
        ]) {
          if (found === undefined) continue;
          const { n, tp, fp, fn, tn, auc, accuracy, precision, recall, f1 } = found;
          expect(tp + fp + fn + tn).toBeCloseTo(n, 6);
          for (const share of [auc, accuracy, precision, recall, f1]) {
            if (share === undefined) continue;
            expect(share).toBeGreaterThanOrEqual(0);
            expect(share).toBeLessThanOrEqual(1 + 1e-12);
          }
        }
      }),
    );
  });

  test("ten times the rows are the same performance", () => {
    fc.assert(
      fc.property(cells, decision, (of, at) => {
        const { score: observed, labelled } = labelledOf(of);
        const calibration = calibrate(observed, labelled);
        const once = estimatePerformance(calibration, observed, at);
        const more = score(
          observed.counts.map((rows) => 10 * rows),
          observed.bounds,
        );
        expect(estimatePerformance(calibration, more, at)?.accuracy ?? -1).toBeCloseTo(once?.accuracy ?? -1, 9);
      }),
    );
  });

  test("ece is at most mce, and that at most 1", () => {
    fc.assert(
      fc.property(cells, (of) => {
        const found = calibrationError(labelledOf(of).labelled);
        if (found === undefined) return;
        expect(found.ece).toBeLessThanOrEqual(found.mce + 1e-12);
        expect(found.mce).toBeLessThanOrEqual(1);
      }),
    );
  });
});
