/** Estimates against what came true, on the car-loan data that NannyML comes with: 10 chunks of 5,000 rows. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { ExplicitCells, LabelledCells } from "@lockstep/schemas/domain/observed";
import { expect, test } from "vitest";
import { calibrate, calibrationError } from "./calibration.ts";
import { decisionOf } from "./decision.ts";
import { estimatePerformance } from "./estimate.ts";
import { realisedPerformance } from "./realised.ts";

const folder = fileURLToPath(new URL("../../../../../../shared/samples/drift/car_loan/", import.meta.url));
const isThere = existsSync(folder);
if (!isThere) console.log(`skipped: performance of the car-loan data, ${folder} is not there`);

type Row = { readonly score: number; readonly predicted: boolean; readonly positive: boolean };

function columns(name: string, wanted: readonly string[]): string[][] {
  const text = gunzipSync(readFileSync(`${folder}synthetic_car_loan_${name}.csv.gz`)).toString();
  const [head, ...lines] = text.trimEnd().split("\n");
  const places = wanted.map((column) => head!.split(",").indexOf(column));
  return lines.map((line) => {
    const fields = line.split(",");
    return places.map((at) => fields[at]!);
  });
}

function reference(): Row[] {
  return columns("reference", ["y_pred_proba", "y_pred", "repaid"]).map(([score, predicted, label]) => ({
    score: Number(score),
    predicted: Number(predicted) === 1,
    positive: Number(label) === 1,
  }));
}

function analysis(): Row[] {
  const labels = new Map(columns("analysis_target", ["id", "repaid"]).map(([id, label]) => [id!, Number(label) === 1]));
  return columns("analysis", ["id", "y_pred_proba", "y_pred"]).map(([id, score, predicted]) => ({
    score: Number(score),
    predicted: Number(predicted) === 1,
    positive: labels.get(id!)!,
  }));
}

/**
 * Fixed before any of the data is looked at. A cell holds its upper edge and class 1 is predicted from a round score on, so
 * inner edges are the largest numbers below the round ones, as the import has them.
 */
const bounds = Array.from({ length: 21 }, (_, at) => (at % 20 === 0 ? at / 20 : (at / 20) * (1 - 2 ** -53)));

function binned(rows: readonly Row[]): { score: ExplicitCells; labelled: LabelledCells } {
  const [counts, positives, scoreSums] = [0, 1, 2].map(() => new Array<number>(20).fill(0)) as [
    number[],
    number[],
    number[],
  ];
  for (const { score, positive } of rows) {
    const cell = Math.max(0, bounds.findIndex((edge) => score <= edge) - 1);
    counts[cell]!++;
    scoreSums[cell]! += score;
    if (positive) positives[cell]!++;
  }
  return { score: { form: "explicit", bounds, counts }, labelled: { labelled: counts, positives, scoreSums } };
}

/** Of the rows themselves, by the class that the model predicted. */
function cameTrue(rows: readonly Row[]): { auc: number; accuracy: number; f1: number } {
  const count = (predicted: boolean, positive: boolean) =>
    rows.filter((row) => row.predicted === predicted && row.positive === positive).length;
  const [tp, fp, fn, tn] = [count(true, true), count(true, false), count(false, true), count(false, false)];
  const groups = new Map<number, [number, number]>();
  for (const { score, positive } of rows) {
    const group = groups.get(score) ?? [0, 0];
    group[positive ? 1 : 0]++;
    groups.set(score, group);
  }
  let [below, pairs] = [0, 0];
  for (const [, [negatives, positives]] of [...groups].sort(([a], [b]) => a - b)) {
    pairs += positives * (below + negatives / 2);
    below += negatives;
  }
  return {
    auc: pairs / ((tp + fn) * (fp + tn)),
    accuracy: (tp + tn) / rows.length,
    f1: (2 * tp) / (2 * tp + fp + fn),
  };
}

/** Mean absolute errors of NannyML's own estimates by row on the same chunks; ours may be a tenth worse. */
const nannyml = { auc: 0.0021, accuracy: 0.0031, f1: 0.0026 };
const chunk = 5000;

test.skipIf(!isThere)("estimates from 20 cells are as near as NannyML's from rows", () => {
  const known = reference();
  const before = binned(known);
  const decision = decisionOf(before.score, known.filter(({ predicted }) => predicted).length)!;
  const calibration = calibrate(before.score, before.labelled);
  const rows = analysis();
  const metrics = ["auc", "accuracy", "f1"] as const;
  const errors = { auc: 0, accuracy: 0, f1: 0 };
  const fromCells = { auc: 0, accuracy: 0, f1: 0 };
  const chunks = rows.length / chunk;
  for (let at = 0; at < chunks; at++) {
    const part = rows.slice(at * chunk, (at + 1) * chunk);
    const { score, labelled } = binned(part);
    const estimated = estimatePerformance(calibration, score, decision)!;
    const realised = realisedPerformance(score, labelled, decision)!;
    const truth = cameTrue(part);
    for (const metric of metrics) {
      errors[metric] += Math.abs(estimated[metric]! - truth[metric]) / chunks;
      fromCells[metric] = Math.max(fromCells[metric], Math.abs(realised[metric]! - truth[metric]));
    }
  }
  const told = metrics.map((metric) => `${metric} ${errors[metric].toFixed(5)} (NannyML ${nannyml[metric]})`);
  const cells = metrics.map((metric) => `${metric} ${fromCells[metric].toFixed(5)}`);
  console.log(`car loan, mean absolute error of the estimates over ${chunks} chunks: ${told.join(", ")}`);
  console.log(`realised from cells against realised from rows, at most: ${cells.join(", ")}`);
  console.log(
    `decision ${decision}; calibration of the reference: ${JSON.stringify(calibrationError(before.labelled))}`,
  );
  for (const metric of metrics) expect(errors[metric]).toBeLessThanOrEqual(1.1 * nannyml[metric]);
});
