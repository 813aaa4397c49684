/** Files of rows, imported by the command into the running system and read back from its tables. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@lockstep/store/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { root, type System, startSystem } from "../src/system.ts";

const carLoan = join(root, "../shared/samples/drift/car_loan");
const folder = mkdtempSync(join(tmpdir(), "lockstep-import-"));
let system: System;
let store: Store;

beforeAll(async () => {
  // The model's own decision; what is estimated rests on it.
  const models = "lockstep: { models: [{ model: car_loan, decision: 0.65 }] }";
  system = await startSystem({ config: `scrape_configs: []\n${models}\n` });
  await system.ready();
  store = system.store();
});
afterAll(async () => {
  await store?.close();
  await system?.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Ended = { readonly code: number | null; readonly output: string };

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended>; said: () => string } {
  const main = join(root, "cli/src/main.ts");
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", main, ...args, "--data", system.data],
    {
      cwd: folder,
      env: { PATH: process.env["PATH"] },
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<Ended>((done) => child.on("close", (code) => done({ code, output })));
  return { child, ended, said: () => output };
}

async function lockstep(...args: string[]): Promise<string> {
  const { code, output } = await start(args).ended;
  expect(code, output).toBe(0);
  return output;
}

const counted = z.object({
  kind: z.string(),
  feature: z.string(),
  windows: z.number(),
  rows: z.number(),
  missing: z.number(),
  cells: z.array(z.number()),
  categories: z.record(z.string(), z.number()),
  labelled: z.number(),
  positives: z.number(),
});

function histogramsOf(model: string) {
  return store.read({
    name: "e2e_import",
    sql: `SELECT kind, feature, toFloat64(uniqExact(since)) AS windows, toFloat64(sum(count)) AS rows,
        toFloat64(sum(histograms.missing)) AS missing, sumForEach(counts) AS cells, sumMap(histograms.categories) AS categories,
        toFloat64(sum(arraySum(histograms.labelled))) AS labelled, toFloat64(sum(arraySum(histograms.positives))) AS positives
      FROM histograms FINAL WHERE model = {model:String} GROUP BY kind, feature ORDER BY feature`,
    params: { model },
    row: counted,
  });
}

async function leftOver(): Promise<number> {
  const rows = await store.read({
    name: "e2e_import_left",
    sql: "SELECT toFloat64(count()) AS n FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'import_')",
    params: {},
    row: z.object({ n: z.number() }),
  });
  return rows[0]!.n;
}

/** Rows that anybody can count: x goes 0..9, every 10th is missing, the score is high where the label is 1. */
function writeRows(name: string, rows: number): void {
  const lines = Array.from({ length: rows }, (_, i) => {
    const label = i % 2;
    return `${new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString()},r${i},${i % 10 === 9 ? "" : i % 10},"a, ""${"xyz"[i % 3]}""",${label === 1 ? 0.9 : 0.2},${label}`;
  });
  writeFileSync(join(folder, name), `at,id,x,c,score,label\n${lines.join("\n")}\n`);
}

test("rows become windows, once, and the same rows in other windows are refused", async () => {
  writeRows("rows.csv", 3000);
  const line = [
    "import",
    "observations",
    "rows.csv",
    "--model",
    "m",
    "--time",
    "at",
    "--score",
    "score",
    "--label",
    "label",
  ];
  expect(await lockstep(...line, "--window", "1d")).toContain("id: skipped");
  const found = await histogramsOf("m");
  const thousand = (rest: object) => expect.objectContaining({ windows: 3, rows: 3000, missing: 0, ...rest });
  expect(found).toEqual([
    thousand({ feature: "c", categories: { 'a, "x"': 1000, 'a, "y"': 1000, 'a, "z"': 1000 } }),
    thousand({ feature: "score", kind: "score", labelled: 3000, positives: 1500 }),
    expect.objectContaining({ feature: "x", rows: 2700, missing: 300, cells: [0, ...Array(9).fill(300), 0] }),
  ]);
  expect(await lockstep(...line, "--window", "1d")).toContain("already imported");
  expect(await histogramsOf("m")).toEqual(found);

  const again = await start([...line, "--rows", "500"]).ended;
  expect([again.code, again.output]).toEqual([2, expect.stringContaining("they would count twice")]);
  await lockstep(...line, "--rows", "500", "--replace");
  expect((await histogramsOf("m")).map(({ windows, rows }) => [windows, rows])).toEqual([
    [6, 3000],
    [6, 3000],
    [6, 2700],
  ]);
  expect(await leftOver()).toBe(0);
});

test("labels that come late find their windows, once", async () => {
  writeRows("waiting.csv", 2000);
  writeFileSync(
    join(folder, "labels.csv"),
    `id,y\n${Array.from({ length: 1500 }, (_, i) => `r${i},${i % 2 === 1 ? "true" : "false"}`).join("\n")}\nnobody,1\n`,
  );
  const columns = ["--time", "at", "--id", "id", "--score", "score", "--feature", "x", "--rows", "1000"];
  await lockstep("import", "observations", "waiting.csv", "--model", "late", ...columns);
  const line = ["import", "labels", "labels.csv", "--model", "late", "--id", "id", "--label", "y"];
  const said = await lockstep(...line);
  expect(said).toContain("1 ids wait for no label");
  expect(said).toContain("labelled 1,500 rows in 2 windows");
  expect(await lockstep(...line)).toContain("already imported");
  const [score] = await histogramsOf("late");
  expect(score).toMatchObject({ feature: "score", rows: 2000, labelled: 1500, positives: 750 });
});

test("killed in the middle, the same command goes on and the result is the same", async () => {
  writeRows("large.csv", 400_000);
  const line = (model: string) => [
    "import",
    "observations",
    "large.csv",
    "--model",
    model,
    "--time",
    "at",
    "--window",
    "1d",
  ];
  await lockstep(...line("whole"));
  for (const moment of [/into database/, /windows of 1 day/]) {
    const cut = start(line("cut"));
    await expect.poll(() => cut.said(), { timeout: 60_000, interval: 20 }).toMatch(moment);
    cut.child.kill("SIGKILL");
    await cut.ended;
  }
  await lockstep(...line("cut"));
  expect(await histogramsOf("cut")).toEqual(await histogramsOf("whole"));
  expect(await leftOver()).toBe(0);
});

test("what cannot be read is told with its place, and nothing of it is kept", async () => {
  const bad = async (content: string, ...more: string[]) => {
    writeFileSync(join(folder, "bad.csv"), content);
    const { code, output } = await start([
      "import",
      "observations",
      "bad.csv",
      "--model",
      "bad",
      "--time",
      "t",
      ...more,
    ]).ended;
    expect(code).toBe(2);
    expect(await leftOver()).toBe(0);
    return output;
  };
  expect(await bad("t,x\n2026-01-01,1\nnoon,2\n")).toMatch(/bad.csv, line 3, t: found "noon", expected a time/);
  expect(await bad("t,x\n2026-01-01,1\n2026-01-02\n")).toMatch(
    /line 3: found 1 fields, expected 2.*Nothing was imported/,
  );
  expect(await bad("t,p\n2026-01-01,0.5\n2026-01-01,7\n", "--score", "p")).toMatch(
    /line 3, p: found "7", expected a score/,
  );
  expect(await histogramsOf("bad")).toEqual([]);
});

test("a baseline is a file, or a stretch of what was observed", async () => {
  writeRows("reference.csv", 1000);
  const said = await lockstep(
    "baseline",
    "create",
    "based",
    "--from",
    "reference.csv",
    "--time",
    "at",
    "--rows",
    "500",
  );
  expect(said).toContain('baseline "training" of model based: 2 windows, 2026-01-01 00:00 to 2026-01-01 16:39 UTC');
  await lockstep("baseline", "create", "based", "--window", "2026-01-01..2026-01-02", "--name", "january");
  const lines = (await lockstep("baseline", "list", "based")).trim().split("\n");
  expect(lines).toEqual([
    expect.stringMatching(/^january, for every version: 2026-01-01 00:00 to 2026-01-02 00:00 UTC; set/),
    expect.stringMatching(/^training, .*a newer one holds/),
  ]);
  const empty = await start(["baseline", "create", "baesd", "--window", "2026-01-01..2026-01-02"]).ended;
  expect([empty.code, empty.output]).toEqual([2, expect.stringContaining('did you mean model "based"')]);
});

test("car_loan: reference, analysis and its labels", async ({ skip }) => {
  if (!existsSync(carLoan)) skip(`no recording: ${carLoan} is not there`);
  const file = (name: string) => join(carLoan, `synthetic_car_loan_${name}.csv.gz`);
  const columns = ["--time", "timestamp", "--score", "y_pred_proba", "--prediction", "y_pred", "--rows", "5000"];
  await lockstep("baseline", "create", "car_loan", "--from", file("reference"), ...columns, "--label", "repaid");
  await lockstep("import", "observations", file("analysis"), "--model", "car_loan", ...columns, "--id", "id");
  await lockstep("import", "labels", file("analysis_target"), "--model", "car_loan", "--id", "id", "--label", "repaid");
  const found = await histogramsOf("car_loan");
  expect(found).toHaveLength(9);
  for (const each of found) expect(each).toMatchObject({ windows: 20, rows: 100_000, missing: 0 });
  expect(found.find(({ kind }) => kind === "score")).toMatchObject({ labelled: 100_000 });

  await expect.poll(async () => (await judgedWindows("car_loan")).size, { timeout: 90_000, interval: 1_000 }).toBe(10);
  await expect.poll(async () => (await findingsOf("car_loan")).length, { timeout: 30_000 }).toBeGreaterThan(3);
  const rowsOf = [...(await judgedWindows("car_loan"))].sort();
  const moved = new Set<string>();
  for (const { kind, feature, from } of await findingsOf("car_loan")) {
    moved.add(kind === "drift" ? feature : kind);
    expect(rowsOf.indexOf(from) * 5000, `${kind} ${feature}`).toBeGreaterThanOrEqual(25_000);
    if (kind === "drift") expect(rowsOf.indexOf(from) * 5000, feature).toBeLessThanOrEqual(30_000);
  }
  for (const feature of ["car_value", "loan_length", "y_pred_proba", "performance"]) expect(moved).toContain(feature);
  for (const feature of ["debt_to_income_ratio", "driver_tenure"]) expect(moved).not.toContain(feature);
  // Of its own estimates from rows NannyML's are 0.0021, 0.0031 and 0.0026 off.
  const error = await estimateErrors("car_loan");
  expect(error.auc).toBeLessThanOrEqual(1.1 * 0.0021);
  expect(error.accuracy).toBeLessThanOrEqual(1.1 * 0.0031);
  expect(error.f1).toBeLessThanOrEqual(1.1 * 0.0026);
});

function asked<Row>(sql: string, model: string, row: z.ZodType<Row>): Promise<Row[]> {
  return store.read({ name: "e2e_import_judged", sql, params: { model }, row });
}

/** Unix ms of the beginnings of windows that were judged. */
async function judgedWindows(model: string): Promise<Set<number>> {
  const sql =
    "SELECT DISTINCT toFloat64(toUnixTimestamp64Milli(since)) AS at FROM drift_windows WHERE model = {model:String}";
  const rows = await asked(sql, model, z.object({ at: z.number() }));
  return new Set(rows.map(({ at }) => at));
}

async function findingsOf(model: string) {
  const sql = `SELECT kind, feature, toFloat64(toUnixTimestamp64Milli(opened)) AS from
FROM findings FINAL WHERE model = {model:String}`;
  return asked(sql, model, z.object({ kind: z.string(), feature: z.string(), from: z.number() }));
}

/** Mean absolute difference of what was estimated and what came true, over the windows that have both. */
async function estimateErrors(model: string) {
  const offBy = (metric: string) => `abs(maxIf(${metric}, way = 'estimated') - maxIf(${metric}, way = 'realised'))`;
  const sql = `SELECT avg(a) AS auc, avg(b) AS accuracy, avg(c) AS f1 FROM
(
  SELECT since, ${offBy("auc")} AS a, ${offBy("accuracy")} AS b, ${offBy("f1")} AS c
  FROM model_performance FINAL WHERE model = {model:String}
  GROUP BY since HAVING uniqExact(way) = 2
)`;
  const [row] = await asked(sql, model, z.object({ auc: z.number(), accuracy: z.number(), f1: z.number() }));
  return row!;
}
