/** The car loan sample, imported in chunks of 5,000 rows with its reference as baseline: what drifts, from when on, and what does not. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Cells, LabelledCells, Observed, ObservedKind } from "@lockstep/schemas/domain/observed";
import { modelPagePerformance } from "@lockstep/schemas/queries/model-page-performance";
import type { Store } from "@lockstep/store/client";
import { expect, test } from "vitest";
import { findingsOf, newWatch, post, startEngine } from "./model-world.ts";

const folder = resolve(import.meta.dirname, "../../../shared/samples/drift/car_loan");
const there = existsSync(folder);
if (!there) console.log("car_loan is not tested: the samples are not there");

const NUMERIC = ["car_value", "debt_to_income_ratio", "driver_tenure", "loan_length", "y_pred_proba"] as const;
const CATEGORIES = ["salary_range", "repaid_loan_on_prev_car", "size_of_downpayment", "y_pred"] as const;
const CHUNK = 5_000;
const CELLS = 20;

type Row = Readonly<Record<string, string>>;

function rowsOf(name: string): Row[] {
  const text = gunzipSync(readFileSync(join(folder, `synthetic_car_loan_${name}.csv.gz`))).toString("utf8");
  const [head, ...lines] = text.trim().split("\n");
  const names = head!.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((value, at) => [names[at]!, value])));
}

/** Edges of equal shares of the reference. */
function edgesOf(rows: readonly Row[], feature: string): number[] {
  if (feature === "y_pred_proba") return Array.from({ length: CELLS + 1 }, (_, at) => at / CELLS);
  const values = rows.map((row) => Number(row[feature])).sort((a, b) => a - b);
  const inner = Array.from({ length: CELLS - 1 }, (_, at) => values[Math.floor((values.length * (at + 1)) / CELLS)]!);
  return [-Infinity, ...new Set(inner), Infinity];
}

function numbers(rows: readonly Row[], feature: string, bounds: readonly number[]): Cells {
  const counts = bounds.slice(1).map(() => 0);
  for (const row of rows) {
    const value = Number(row[feature]);
    const cell = bounds.findIndex((edge, at) => at > 0 && value <= edge);
    counts[Math.max(0, cell - 1)]! += 1;
  }
  return { form: "explicit", bounds, counts };
}

/** Whether the loan was repaid, by cell of the score. */
function labelsOf(rows: readonly Row[], bounds: readonly number[], repaid: ReadonlyMap<string, number>): LabelledCells {
  const [labelled, positives, scoreSums] = [0, 1, 2].map(() => bounds.slice(1).map(() => 0));
  for (const row of rows) {
    const value = Number(row["y_pred_proba"]);
    const cell = Math.max(0, bounds.findIndex((edge, at) => at > 0 && value <= edge) - 1);
    labelled![cell]! += 1;
    positives![cell]! += repaid.get(row["id"]!)!;
    scoreSums![cell]! += value;
  }
  return { labelled: labelled!, positives: positives!, scoreSums: scoreSums! };
}

function categories(rows: readonly Row[], feature: string): Cells {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row[feature]!, (counts.get(row[feature]!) ?? 0) + 1);
  return { form: "categories", counts };
}

function kindOf(feature: string): ObservedKind {
  return feature === "y_pred_proba" ? "score" : feature === "y_pred" ? "prediction" : "input";
}

/** Labels of those rows whose end is known. */
function chunksOf(
  rows: readonly Row[],
  edges: ReadonlyMap<string, readonly number[]>,
  repaid?: ReadonlyMap<string, number>,
): Observed[][] {
  const at = (row: Row | undefined) => Date.parse(`${row?.["timestamp"]?.replace(" ", "T")}Z`);
  const chunks: Observed[][] = [];
  for (let first = 0; first < rows.length; first += CHUNK) {
    const chunk = rows.slice(first, first + CHUNK);
    const since = at(chunk[0]);
    const next = at(rows[first + CHUNK]);
    const until = Number.isNaN(next) ? at(chunk.at(-1)) + 1 : next;
    const of = (feature: string, cells: Cells): Observed => ({
      ...{ model: "car-loan", version: "", replica: "", labels: new Map(), kind: kindOf(feature), feature },
      ...{ since, until, cells, missing: 0, sum: undefined },
    });
    chunks.push([
      ...NUMERIC.map((feature) => ({
        ...of(feature, numbers(chunk, feature, edges.get(feature)!)),
        ...(feature === "y_pred_proba" && repaid && { labelled: labelsOf(chunk, edges.get(feature)!, repaid) }),
      })),
      ...CATEGORIES.map((feature) => of(feature, categories(chunk, feature))),
    ]);
  }
  return chunks;
}

function performances(store: Store) {
  return store.read(modelPagePerformance({ model: "car-loan", fromMs: 0, toMs: 4e12, limit: 1000 }));
}

test.skipIf(!there)("what drifts drifts from row 25,000 on, and nothing else does", { timeout: 120_000 }, async () => {
  const engine = await startEngine();
  try {
    const { store } = engine;
    const reference = rowsOf("reference");
    const edges = new Map(NUMERIC.map((feature) => [feature, edgesOf(reference, feature)]));
    const repaid = (rows: readonly Row[]) => new Map(rows.map(({ id, repaid: value }) => [id!, Number(value)]));
    const before = chunksOf(reference, edges, repaid(reference));
    const analysis = rowsOf("analysis");
    const chunks = chunksOf(analysis, edges);
    const labelled = chunksOf(analysis, edges, repaid(rowsOf("analysis_target")));
    const now = Date.now();
    await post(store, [...before, ...chunks].flat(), "import", now, () => "file");
    await store.insertRows("baselines", [
      {
        ...{ model: "car-loan", version: "", name: "training", of_version: "", created: now, created_by: "test" },
        ...{ since: before[0]![0]!.since, until: before.at(-1)![0]!.until },
      },
    ]);
    const { run } = newWatch(store);
    await run(now + 20_000);
    const found = await findingsOf(store, "car-loan");
    const changed = chunks[5]![0]!.since;
    expect(found.filter(({ opened }) => opened < changed)).toEqual([]);
    for (const feature of ["car_value", "loan_length", "y_pred_proba"]) {
      const first = found.filter((each) => each.feature === feature && each.kind === "drift");
      expect(first.map(({ opened, closed }) => [opened, closed])).toEqual([[changed, null]]);
    }
    const fallen = found.filter(({ kind }) => kind === "performance");
    expect(fallen.map(({ opened, closed }) => [opened, closed])).toEqual([[changed, null]]);
    for (const feature of ["debt_to_income_ratio", "driver_tenure"])
      expect(found.filter((each) => each.feature === feature)).toEqual([]);
    const estimated = (await performances(store)).filter(({ way }) => way === "estimated");
    expect(estimated).toHaveLength(chunks.length);
    // The labels come at last.
    const scores = labelled.flat().filter(({ kind }) => kind === "score");
    await post(store, scores, "import", now + 25_000, () => "file");
    await run(now + 40_000);
    const errors = { auc: 0, accuracy: 0, f1: 0 };
    const realised = (await performances(store)).filter(({ way }) => way === "realised");
    expect(realised).toHaveLength(chunks.length);
    for (const [at, each] of estimated.entries())
      for (const metric of ["auc", "accuracy", "f1"] as const)
        errors[metric] += Math.abs(each[metric]! - realised[at]![metric]!) / chunks.length;
    // Against what cells tell; packages/analysis tests estimates against what rows tell.
    for (const error of Object.values(errors)) expect(error).toBeLessThan(0.005);
    // A second watch that begins to lead finds the same.
    const ids = async () => (await findingsOf(store, "car-loan")).map(({ id, opened, closed }) => [id, opened, closed]);
    const earlier = await ids();
    await newWatch(store).run(now + 60_000);
    expect(await ids()).toEqual(earlier);
  } finally {
    await engine.end();
  }
});
