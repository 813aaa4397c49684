/** The reference values of ../shared/vectors: formulas beside those of other libraries, with the tolerance that the file states. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { calibrationError } from "./calibration.ts";
import { estimatePerformance } from "./estimate.ts";
import type { Performance } from "./performance.ts";

type Numbers = readonly number[];
type Vectors = {
  readonly cbpe: readonly {
    readonly id: string;
    readonly bounds: Numbers;
    readonly score_counts: Numbers;
    readonly threshold: number;
    readonly expected: Readonly<Record<string, number>>;
    readonly nannyml?: { readonly roc_auc?: number };
  }[];
  readonly ece: readonly {
    readonly count: Numbers;
    readonly sum_score: Numbers;
    readonly sum_positive: Numbers;
    readonly expected: { readonly ece: number; readonly mce: number };
  }[];
};

const file = fileURLToPath(new URL("../../../../../../shared/vectors/drift.json", import.meta.url));
const isThere = existsSync(file);
const vectors = isThere ? (JSON.parse(readFileSync(file, "utf8")) as Vectors) : { cbpe: [], ece: [] };
if (!isThere) console.log(`skipped: reference values of performance, ${file} is not there`);

function expectNear(found: number | undefined, wanted: number): void {
  expect(Math.abs((found ?? Number.NaN) - wanted)).toBeLessThanOrEqual(Math.max(1e-9, 1e-8 * Math.abs(wanted)));
}

describe.skipIf(!isThere)("reference values", () => {
  test.each(vectors.cbpe.map((each) => [each.id, each] as const))("%s", (_, each) => {
    const { bounds, score_counts: counts, threshold, expected, nannyml } = each;
    // The case takes each score's own middle for its rate.
    const rates = counts.map((_, cell) => (bounds[cell]! + bounds[cell + 1]!) / 2);
    const calibration = { bounds, labelled: counts, positives: counts, rates };
    const found = estimatePerformance(calibration, { form: "explicit", bounds, counts }, threshold)!;
    for (const [name, value] of Object.entries(expected)) expectNear(found[name as keyof Performance], value);
    if (nannyml?.roc_auc !== undefined) expectNear(found.auc, nannyml.roc_auc);
  });

  test.each(vectors.ece.map((each, at) => [at, each] as const))("calibration error, case %i", (_, each) => {
    const { count: labelled, sum_score: scoreSums, sum_positive: positives, expected } = each;
    const found = calibrationError({ labelled, positives, scoreSums })!;
    expectNear(found.ece, expected.ece);
    expectNear(found.mce, expected.mce);
  });
});
