/** The queries by which watch judges models, on the real engine. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRows } from "@lockstep/formats/native";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import { driftBaselines } from "@lockstep/schemas/queries/drift-baselines";
import { driftDue } from "@lockstep/schemas/queries/drift-due";
import { driftJudged } from "@lockstep/schemas/queries/drift-judged";
import { driftRecent } from "@lockstep/schemas/queries/drift-recent";
import { driftStretch } from "@lockstep/schemas/queries/drift-stretch";
import { driftStretchCells } from "@lockstep/schemas/queries/drift-stretch-cells";
import { driftWindowCells } from "@lockstep/schemas/queries/drift-window-cells";
import { findings } from "@lockstep/schemas/queries/findings";
import { modelVersions } from "@lockstep/schemas/queries/model-versions";
import { observedWindows } from "@lockstep/schemas/queries/observed-windows";
import { openFindings } from "@lockstep/schemas/queries/open-findings";
import { createStore, type Store } from "@lockstep/store/client";
import { migrate } from "@lockstep/store/migrate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EmbeddedProcess, startEmbedded } from "../../packages/store/test/embedded-process.ts";
import { readCells } from "../src/detect/drift/read-cells.ts";

const data = mkdtempSync(join(tmpdir(), "lockstep-drift-judging-"));
const WINDOW = 300_000;
const HOUR = 3_600_000;
const AT = Math.floor(Date.now() / HOUR) * HOUR;
const OLD = Date.UTC(2019, 2, 1, 7, 8, 9);
const GRID = { grids: [{ model: "quick", windowMs: 30_000 }], usualMs: WINDOW };
let embedded: EmbeddedProcess;
let store: Store;

function histogram(more: object) {
  return {
    ...{ model: "chat", version: "2", replica: "pod-0", labels: new Map(), kind: "input", feature: "tokens" },
    ...{ source: "observations", origin: "a", bounds: [-Infinity, 1, Infinity], counts: [3, 4], scale: null },
    ...{ zero_threshold: 0, zero_count: 0, positive_offset: 0, positive: [], negative_offset: 0, negative: [] },
    ...{ categories: new Map(), missing: 1, count: 7, sum: 9.5, labelled: [], positives: [], score_sums: [], seen: AT },
    ...more,
  };
}

const never = new AbortController().signal;

async function inOrder(query: Parameters<typeof readCells>[1]) {
  const rows = await readCells(store, query, never);
  return rows.sort((a, b) => (a.model < b.model ? -1 : a.model > b.model ? 1 : a.sinceAt - b.sinceAt));
}

async function insert(token: string, ...rows: object[]): Promise<void> {
  await store.insertNative("histograms", [encodeRows(BLOCK_TABLES.histograms, rows as never)], { token });
}

beforeAll(async () => {
  embedded = await startEmbedded(data);
  await migrate(embedded.options);
  store = createStore(embedded.options);
  // Posts of a minute, off the grid, of two replicas; one of them sent twice.
  const minutes = [0, 1, 2, 3, 4, 5].flatMap((minute) =>
    ["pod-0", "pod-1"].map((replica) => {
      const until = AT - WINDOW + minute * 60_000 + 20_000;
      return histogram({ replica, since: until - 60_000, until });
    }),
  );
  await insert("minutes", ...minutes);
  await insert("again", { ...minutes[0], seen: AT + 5 });
  await insert("quick", histogram({ model: "quick", since: AT - 30_000, until: AT, source: "prometheus" }));
  const months = [0, 1].map((month) => {
    const since = OLD + month * 30 * 24 * HOUR;
    const until = since + 30 * 24 * HOUR;
    const labelled = { bounds: [0, 0.5, 1], labelled: [3, 4], positives: [1, 3], score_sums: [0.5, 3] };
    return histogram({ ...labelled, model: "loan", version: "", kind: "score", since, until, source: "import" });
  });
  await insert("months", ...months);
}, 60_000);

afterAll(async () => {
  await store?.close();
  await embedded?.end();
  rmSync(data, { recursive: true, force: true });
});

test("live rows are put on the grid by their end, imported ones stay as they are", async () => {
  const rows = await store.read(driftDue({ ...GRID, fromMs: 0, toMs: AT + HOUR, limit: 100 }));
  expect(rows).toEqual([
    { model: "loan", sinceAt: OLD, untilAt: OLD + 720 * HOUR, newest: AT, rows: 1 },
    { model: "loan", sinceAt: OLD + 720 * HOUR, untilAt: OLD + 1440 * HOUR, newest: AT, rows: 1 },
    { model: "chat", sinceAt: AT - WINDOW, untilAt: AT, newest: AT + 5, rows: 10 },
    { model: "quick", sinceAt: AT - 30_000, untilAt: AT, newest: AT, rows: 1 },
    { model: "chat", sinceAt: AT, untilAt: AT + WINDOW, newest: AT, rows: 2 },
  ]);
  const seen = driftDue({ ...GRID, fromMs: 0, toMs: AT + HOUR, seenMs: AT + 1, model: "chat", limit: 100 });
  expect(await store.read(seen)).toHaveLength(1);
});

test("the histograms of windows, by replica, each once", async () => {
  const of = [
    { model: "chat", sinceMs: AT - WINDOW, untilMs: AT },
    { model: "loan", sinceMs: OLD, untilMs: OLD + 720 * HOUR },
  ];
  const rows = await readCells(store, driftWindowCells({ ...GRID, of }), never);
  const chat = rows.filter(({ model }) => model === "chat");
  expect(chat.map(({ replica }) => replica).sort()).toEqual(["pod-0", "pod-1"]);
  expect(chat[0]).toMatchObject({ bounds: [-Infinity, 1, Infinity], counts: [15, 20], missing: 5, untilAt: AT });
  const loan = rows.filter(({ model }) => model === "loan");
  expect(loan).toMatchObject([{ labelled: [3, 4], positives: [1, 3], scoreSums: [0.5, 3], sinceAt: OLD }]);
});

test("stretches of history, window by window and added up", async () => {
  const hour = Math.floor((AT - WINDOW) / HOUR) % 168;
  const stretch = { model: "chat", fromMs: AT - 2 * HOUR, toMs: AT + HOUR, version: "2", offsetMs: 0 };
  const loan = { model: "loan", fromMs: OLD, toMs: AT, version: "", hour: -1, offsetMs: 0 };
  const of = [{ ...stretch, hour }, loan];
  expect((await store.read(driftStretch({ ...GRID, of }))).sort((a, b) => (a.model < b.model ? -1 : 1))).toEqual([
    { model: "chat", windows: 2, weeks: 1, firstAt: AT - WINDOW - 40_000 },
    { model: "loan", windows: 2, weeks: 2, firstAt: OLD },
  ]);
  const cells = { ...GRID, of, every: [1, 1] };
  const apart = await inOrder(driftStretchCells({ ...cells, apart: true }));
  expect(apart.map(({ model, counts }) => [model, counts])).toEqual([
    ["chat", [30, 40]],
    ["chat", [6, 8]],
    ["loan", [3, 4]],
    ["loan", [3, 4]],
  ]);
  const all = await inOrder(driftStretchCells({ ...cells, apart: false }));
  expect(all.map(({ model, counts, positives }) => [model, counts, positives])).toEqual([
    ["chat", [36, 48], []],
    ["loan", [6, 8], [2, 6]],
  ]);
  const other = [
    { ...stretch, hour: (hour + 5) % 168 },
    { ...loan, version: "9" },
  ];
  expect(await store.read(driftStretch({ ...GRID, of: other }))).toEqual([]);
});

test("verdicts around a moment", async () => {
  const verdict = (window: number, verdict: string, judged = AT) => ({
    ...{ model: "chat", version: "2", kind: "input", feature: "tokens", baseline: "season", segment: "" },
    ...{ since: AT + window * WINDOW, until: AT + (window + 1) * WINDOW, verdict, judged },
  });
  await store.insertRows("drift_windows", [
    ...[-5, -4, -3, -2, -1, 0, 1].map((window) => verdict(window, "no_drift")),
    verdict(0, "drift", AT + 1),
    { ...verdict(-1, "no_drift"), model: "loan", baseline: "training", judged: AT + 7 },
  ]);
  const of = [{ model: "chat", atMs: AT + WINDOW }];
  const rows = await store.read(driftRecent({ of, before: 3, reachMs: 24 * HOUR }));
  expect(rows.map(({ sinceAt, verdict }) => [(sinceAt - AT) / WINDOW, verdict])).toEqual([
    [-2, "no_drift"],
    [-1, "no_drift"],
    [0, "drift"],
  ]);
  const judged = await store.read(driftJudged({ fromMs: AT + 1, limit: 10 }));
  expect(judged.map(({ model, sinceAt, judged }) => [model, (sinceAt - AT) / WINDOW, judged - AT])).toEqual([
    ["loan", -1, 7],
    ["chat", 0, 1],
  ]);
});

test("the newest training baseline of each model and version", async () => {
  const baseline = { model: "loan", version: "", name: "training", since: OLD, until: AT, of_version: "" };
  await store.insertRows("baselines", [
    { ...baseline, created: AT, created_by: "a" },
    { ...baseline, created: AT + 1, since: OLD + 1, created_by: "a" },
    { ...baseline, model: "new", created: AT - 1, created_by: "a" },
  ]);
  const rows = await store.read(driftBaselines({ limit: 10 }));
  expect(rows).toEqual([
    { model: "loan", version: "", sinceAt: OLD + 1, untilAt: AT, ofVersion: "", created: AT + 1, judged: AT + 7 },
    { model: "new", version: "", sinceAt: OLD, untilAt: AT, ofVersion: "", created: AT - 1, judged: 0 },
  ]);
});

test("versions, and how far scraped histograms came", async () => {
  const versions = await store.read(modelVersions({ of: ["chat", "loan"] }));
  expect(versions).toEqual([{ model: "chat", version: "2", firstAt: AT - WINDOW - 40_000, lastAt: AT + 20_000 }]);
  expect(await store.read(observedWindows({ models: ["quick"], fromMs: AT - HOUR }))).toEqual([
    { model: "quick", windowMs: 30_000, ends: [AT] },
  ]);
});

test("findings of models and of jobs are apart", async () => {
  const finding = {
    kind: "drift",
    opened: AT,
    closed: null,
    confidence: "high",
    summary: "",
    detail: "{}",
    updated: AT,
  };
  await store.insertRows("findings", [
    { ...finding, id: "m", job: "", model: "chat", version: "2", feature: "tokens" },
    { ...finding, id: "j", job: "pretrain", kind: "slow_rank" },
  ]);
  const open = async (of: "jobs" | "models") =>
    (await store.read(openFindings({ of, sinceMs: 0, limit: 10 }))).map(({ id, job, model }) => [id, job, model]);
  expect(await open("models")).toEqual([["m", "", "chat"]]);
  expect(await open("jobs")).toEqual([["j", "pretrain", ""]]);
  const shown = await store.read(findings({ fromMs: 0, toMs: AT + 1, limit: 10 }));
  expect(shown.map(({ id }) => id)).toEqual(["j"]);
});
