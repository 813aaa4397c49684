import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { baselineHolds, baselineList, baselineModels, baselineStretch } from "./baseline-list.ts";
import { importIds } from "./import-awaited-ids.ts";
import { importAwaited, importCategoryBins, importNumberBins } from "./import-bins.ts";
import { importDone, importForget, importKnownCells } from "./import-known-cells.ts";
import {
  importLabelBins,
  importLabelRows,
  importMatch,
  importMatchComplete,
  importMatched,
  importMatchedCreate,
  importMatchedForget,
  importScores,
} from "./import-labels.ts";
import { importParts } from "./import-parts.ts";
import { importFrequent, importNotClass, importNotScore, importProfile, importQuantiles } from "./import-profile.ts";
import {
  importLeftovers,
  importScratchCreate,
  importScratchDrop,
  importSent,
  importTimes,
  type Statement,
} from "./import-scratch.ts";
import {
  importSpans,
  importWindows,
  importWindowsCreate,
  importWindowsGrid,
  importWindowsRows,
} from "./import-windows.ts";

const table = "import_0a1b";
const windows = "import_0a1b_windows";
const matched = "import_0a1b_matched";
const model = "car_loan";
const of = { table, windows, model, version: "3", segments: [], origin: "1f/2e", seenMs: 1_800_000_000_000 };
const apart = { ...of, replica: "c7", segments: [{ name: "it's", column: "c8" }] };
const BOUNDS = [-Infinity, 0, 0.5, 1, Infinity];

const STATEMENTS: Readonly<Record<string, Statement>> = {
  "baseline-holds": baselineHolds({ model, version: "", fromMs: 0, toMs: 1 }),
  "baseline-list": baselineList({ model }),
  "baseline-models": baselineModels(),
  "baseline-stretch": baselineStretch({ model, origin: "1f/2e" }),
  "import-awaited": importAwaited({ ...of, id: "c1", score: "c2", label: { column: "c3" } }),
  "import-awaited-all": importAwaited({ ...of, id: "c1", score: "c2" }),
  "import-category-bins": importCategoryBins({ ...apart, kind: "input", feature: "region", column: "c4" }),
  "import-done": importDone({ model, content: "1f/" }),
  "import-forget": importForget({ model, origin: "1f/2e" }),
  "import-frequent": importFrequent({ table, column: "c1", cells: 20, every: 2 }),
  "import-ids": importIds({ table, column: "c1" }),
  "import-known-cells": importKnownCells({ model }),
  "import-label-bins": importLabelBins({ matched, model, feature: "p", bounds: BOUNDS, origin: "labels/3", seenMs: 5 }),
  "import-label-rows": importLabelRows({ table, id: "c0", label: "c1" }),
  "import-leftovers": importLeftovers(),
  "import-match": importMatch({ table, matched, model, id: "c0", label: "c1", positive: "yes" }),
  "import-match-complete": importMatchComplete({ matched, note: "it's" }),
  "import-matched": importMatched(matched),
  "import-matched-create": importMatchedCreate({ matched, note: "it's" }),
  "import-matched-forget": importMatchedForget({ matched, model }),
  "import-not-class": importNotClass({ table, column: "c1" }),
  "import-not-score": importNotScore({ table, column: "c1" }),
  "import-number-bins": importNumberBins({ ...of, kind: "input", feature: "age", column: "c1", bounds: BOUNDS }),
  "import-number-bins-score": importNumberBins({
    ...apart,
    ...{ kind: "score", feature: "p", column: "c1", bounds: [0, 0.5, 1], label: { column: "c2", positive: "yes" } },
  }),
  "import-parts": importParts({ table, columns: ["c7", "c8"] }),
  "import-profile": importProfile({ table, column: "c1" }),
  "import-quantiles": importQuantiles({ table, column: "c1", cells: 4, every: 1, except: [30] }),
  "import-scores": importScores({ model }),
  "import-scratch-create": importScratchCreate({ table, columns: 2, timed: true, note: "it's" }),
  "import-scratch-create-untimed": importScratchCreate({ table, columns: 2, timed: false, note: "" }),
  "import-scratch-drop": importScratchDrop(table),
  "import-sent": importSent(table),
  "import-spans": importSpans({ table, windowMs: [300_000, 3_600_000] }),
  "import-times": importTimes(table),
  "import-windows": importWindows(windows),
  "import-windows-create": importWindowsCreate({ table: windows, note: "it's" }),
  "import-windows-grid": importWindowsGrid({ table, windows, windowMs: 3_600_000 }),
  "import-windows-rows": importWindowsRows({ table, windows, rows: 5000 }),
};

/** The SQL and its parameters as a person reads them; UPDATE_GOLDEN=1 writes them anew. */
function rendered({ name, params, sql }: Statement): string {
  const lines = Object.entries(params).map(([key, value]) => `-- ${key} = ${JSON.stringify(value)}\n`);
  return `-- ${name}\n${lines.join("")}${sql}\n`;
}

test.each(Object.entries(STATEMENTS))("%s is as its golden file", (name, statement) => {
  const file = new URL(`./golden/${name}.sql`, import.meta.url);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, rendered(statement));
  expect(rendered(statement)).toBe(readFileSync(file, "utf8"));
});

test.each(Object.entries(STATEMENTS))("%s declares every parameter it uses, and uses each", (_, { sql, params }) => {
  const used = new Set([...sql.matchAll(/\{(\w+):[^}]+\}/g)].map((match) => match[1]));
  expect([...used].sort()).toEqual(Object.keys(params).sort());
});
