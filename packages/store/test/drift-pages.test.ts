/** The queries of the pages Models, Model and Feature on the real engine. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { featureCells } from "@lockstep/schemas/queries/feature-cells";
import { featureLabelled } from "@lockstep/schemas/queries/feature-labelled";
import { featureSeen } from "@lockstep/schemas/queries/feature-seen";
import { featureWindows } from "@lockstep/schemas/queries/feature-windows";
import { modelPageEvents } from "@lockstep/schemas/queries/model-page-events";
import { modelPagePerformance } from "@lockstep/schemas/queries/model-page-performance";
import { modelPageReplicas } from "@lockstep/schemas/queries/model-page-replicas";
import { modelPageTraffic } from "@lockstep/schemas/queries/model-page-traffic";
import { modelPageWindows } from "@lockstep/schemas/queries/model-page-windows";
import { modelsBaselines } from "@lockstep/schemas/queries/models-baselines";
import { modelsDrift } from "@lockstep/schemas/queries/models-drift";
import { modelsDriftHistory } from "@lockstep/schemas/queries/models-drift-history";
import { modelsFindings } from "@lockstep/schemas/queries/models-findings";
import { modelsLatency } from "@lockstep/schemas/queries/models-latency";
import { modelsPerformance } from "@lockstep/schemas/queries/models-performance";
import { modelsSeen } from "@lockstep/schemas/queries/models-seen";
import { modelsTraffic } from "@lockstep/schemas/queries/models-traffic";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createStore, type Store } from "../src/client.ts";
import { migrate } from "../src/migrate.ts";
import { type EmbeddedProcess, startEmbedded } from "./embedded-process.ts";

const data = mkdtempSync(join(tmpdir(), "lockstep-drift-pages-"));
const WINDOW = 300_000;
const AT = Math.floor(Date.now() / WINDOW) * WINDOW;
/** An import's windows are years old, and long. */
const OLD = Date.UTC(2019, 2, 1);
const MONTH = 30 * 86_400_000;
const RANGE = { fromMs: AT - 3 * WINDOW, toMs: AT };
const GRID = { ...RANGE, model: "chat-7b", stepMs: WINDOW, newestMs: AT - 2 * WINDOW };
const OF = [
  { model: "chat-7b", fromMs: AT - 3 * WINDOW, stepMs: WINDOW },
  { model: "car-loan", fromMs: OLD, stepMs: MONTH },
];
let embedded: EmbeddedProcess;
let store: Store;

function histogram(more: Record<string, unknown>): Record<string, unknown> {
  return {
    ...{ model: "chat-7b", version: "2", replica: "pod-0", labels: { region: "eu" }, kind: "input" },
    ...{ feature: "prompt_tokens", source: "observations", origin: "a", missing: 2, seen: AT },
    ...{ zero_threshold: 0, zero_count: 0, positive_offset: 0, negative_offset: 0 },
    ...more,
  };
}

/** Three windows of two replicas, the newest of them sent twice; a latency with exponential buckets; scores with labels. */
function histograms(): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  for (const replica of ["pod-0", "pod-1"]) {
    for (let window = 0; window < 3; window += 1) {
      const since = AT - (3 - window) * WINDOW;
      const at = { replica, since, until: since + WINDOW };
      rows.push(histogram({ ...at, bounds: [0, 100, 1000, 1e308], counts: [10, 20, 0], count: 30, sum: 3000 }));
      rows.push(
        histogram({
          ...at,
          ...{ kind: "latency", feature: "e2e_seconds", count: 6, sum: 7, missing: 0 },
          ...{ scale: 0, zero_count: 1, positive_offset: window, positive: [2, 3] },
        }),
      );
    }
  }
  rows.push({ ...rows[4], counts: [11, 21, 0], count: 32, seen: AT + 1 });
  for (const month of [0, 1]) {
    const since = OLD + month * MONTH;
    const at = { model: "car-loan", replica: "", labels: {}, since, until: since + MONTH, source: "import" };
    rows.push(
      histogram({
        ...at,
        ...{ kind: "score", feature: "y_pred_proba", bounds: [0, 0.5, 1], counts: [60, 40], count: 100, missing: 0 },
        ...{ labelled: [60, 40], positives: [6, 30], score_sums: [12, 32] },
      }),
      histogram({ ...at, feature: "salary_range", categories: { low: 70, high: 30 }, count: 100, missing: 0 }),
    );
  }
  return rows;
}

function judged(more: Record<string, unknown>): Record<string, unknown> {
  return {
    ...{ model: "chat-7b", version: "2", kind: "input", feature: "prompt_tokens", baseline: "training", segment: "" },
    ...{ verdict: "no_drift", reason: "alike", n_baseline: 1000, n_current: 60, cells: 3, p: 0.4, q: 0.5 },
    ...{ method: "js", distance: 0.02, threshold: 0.1, expected: 0.01, distances: { tvd: 0.03 }, missing_rate: 0.03 },
    ...{ new_share: null, lost_share: null, outside: 0, judged: AT },
    ...more,
  };
}

beforeAll(async () => {
  embedded = await startEmbedded(data);
  await migrate(embedded.options);
  store = createStore(embedded.options);
  const all = histograms();
  await store.insertRows("histograms", all);
  // What is sent again counts once.
  await store.insertRows("histograms", all.slice(0, 2));
  const windows = [0, 1, 2].flatMap((window) => {
    const since = AT - (3 - window) * WINDOW;
    const at = { since, until: since + WINDOW };
    return [
      judged({ ...at, ...(window === 2 && { verdict: "drift", distance: 0.3, q: 1e-9 }) }),
      judged({ ...at, baseline: "replicas", segment: "pod-1", distance: 0.01 }),
      judged({
        ...at,
        kind: "latency",
        feature: "e2e_seconds",
        verdict: "not_enough_data",
        distance: null,
        missing_rate: 0,
      }),
    ];
  });
  await store.insertRows("drift_windows", [
    ...windows,
    judged({ model: "car-loan", since: OLD, until: OLD + MONTH, verdict: "data_quality", missing_rate: 0.4 }),
  ]);
  const performance = { model: "car-loan", version: "2", n: 100, precision: null, recall: null, mce: null, judged: AT };
  await store.insertRows("model_performance", [
    { ...performance, way: "estimated", since: OLD, until: OLD + MONTH, auc: 0.97, accuracy: 0.9, f1: 0.91, ece: null },
    { ...performance, way: "realised", since: OLD, until: OLD + MONTH, auc: 0.96, accuracy: 0.89, f1: 0.9, ece: 0.01 },
  ]);
  const baseline = { model: "car-loan", version: "", name: "training", of_version: "", created_by: "test" };
  await store.insertRows("baselines", [{ ...baseline, since: OLD, until: OLD + MONTH, created: AT }]);
  await store.insertRows("events", [
    { kind: "deploy", at: AT - WINDOW, title: "chat-7b 2", labels: { model: "chat-7b" }, source: "api", seen: AT },
    { kind: "deploy", at: AT - WINDOW, title: "other 9", labels: { model: "other" }, source: "api", seen: AT },
    { kind: "xid", at: AT - WINDOW, title: "XID 79", source: "api", seen: AT },
  ]);
  const finding = { kind: "drift", job: "", rank: null, node: "", gpu: "", score: 3, waste_gpu_seconds: 0 };
  const told = { confidence: "high", cause: "", detail: "{}", updated: AT };
  await store.insertRows("findings", [
    { ...finding, ...told, id: "d", model: "chat-7b", version: "2", feature: "prompt_tokens", opened: AT - WINDOW },
    { ...finding, ...told, id: "j", kind: "slow_rank", job: "pretrain", opened: AT - WINDOW, summary: "rank 3" },
  ]);
});

afterAll(async () => {
  await store?.close();
  await embedded?.end();
  rmSync(data, { recursive: true, force: true });
});

test("models and how their features stand", async () => {
  const seen = await store.read(modelsSeen({ limit: 10 }));
  expect(seen.map(({ model, lastAt, windowMs }) => ({ model, lastAt, windowMs }))).toEqual([
    { model: "chat-7b", lastAt: AT, windowMs: WINDOW },
    { model: "car-loan", lastAt: OLD + 2 * MONTH, windowMs: MONTH },
  ]);
  expect(await store.read(modelsSeen({ model: "car-loan", limit: 10 }))).toHaveLength(1);
  const drift = await store.read(modelsDrift({ of: OF, toMs: AT }));
  expect(drift.find(({ model }) => model === "chat-7b")).toEqual({
    ...{ model: "chat-7b", features: 2, drifting: 1, quality: 0, unsure: 1 },
    ...{ worstKind: "input", worstFeature: "prompt_tokens", method: "js", distance: 0.3, threshold: 0.1 },
    ...{ missingRate: 0.03, missingFeature: "prompt_tokens" },
  });
  expect(drift.find(({ model }) => model === "car-loan")).toMatchObject({ features: 1, quality: 1, missingRate: 0.4 });
  const history = await store.read(modelsDriftHistory({ of: OF, points: 3 }));
  const chat = history.find(({ model }) => model === "chat-7b");
  expect(chat?.places).toEqual([0, 1, 2]);
  expect(chat?.worst.map((ratio) => Math.round(ratio * 10))).toEqual([2, 2, 30]);
});

test("traffic counts what was sent twice once, as it was sent last", async () => {
  const traffic = await store.read(modelsTraffic({ of: OF, toMs: AT }));
  const chat = traffic.find(({ model }) => model === "chat-7b");
  expect(chat?.rowsPerSecond).toBeCloseTo((6 * 32 + 2) / (3 * 300), 9);
  const byReplica = await store.read(modelPageTraffic({ ...GRID, limit: 10 }));
  expect(byReplica.map(({ replica, places, rows }) => ({ replica, places, rows }))).toEqual([
    { replica: "pod-0", places: [0, 1, 2], rows: [32, 32, 34] },
    { replica: "pod-1", places: [0, 1, 2], rows: [32, 32, 32] },
  ]);
});

test("latencies add up by their shape", async () => {
  const rows = await store.read(modelsLatency({ of: OF, toMs: AT, limit: 100 }));
  expect(
    rows
      .map(({ feature, positiveOffset, positive, zeroCount }) => ({ feature, positiveOffset, positive, zeroCount }))
      .sort((a, b) => a.positiveOffset - b.positiveOffset),
  ).toEqual(
    [0, 1, 2].map((positiveOffset) => ({ feature: "e2e_seconds", positiveOffset, positive: [4, 6], zeroCount: 2 })),
  );
});

test("performance, findings, baselines and events are the model's own", async () => {
  const now = await store.read(modelsPerformance({ of: OF, toMs: AT }));
  expect(now.map(({ model, way, auc }) => ({ model, way, auc }))).toEqual([
    { model: "car-loan", way: "estimated", auc: 0.97 },
    { model: "car-loan", way: "realised", auc: 0.96 },
  ]);
  const old = { fromMs: OLD, toMs: OLD + MONTH };
  expect(await store.read(modelPagePerformance({ ...old, model: "car-loan", limit: 10 }))).toHaveLength(2);
  const found = await store.read(modelsFindings({ ...RANGE, limit: 10 }));
  expect(found.map(({ id, feature }) => ({ id, feature }))).toEqual([{ id: "d", feature: "prompt_tokens" }]);
  expect(await store.read(modelsFindings({ ...RANGE, model: "x", feature: "y", limit: 10 }))).toEqual([]);
  expect(await store.read(modelsBaselines({ model: "car-loan" }))).toMatchObject([{ name: "training", sinceAt: OLD }]);
  const events = await store.read(modelPageEvents({ ...RANGE, model: "chat-7b", limit: 10 }));
  expect(events.map(({ title }) => title)).toEqual(["chat-7b 2"]);
});

test("a model's windows by feature and baseline, the farthest first", async () => {
  const rows = await store.read(modelPageWindows({ ...GRID, limit: 10 }));
  expect(rows.map(({ feature, baseline }) => [feature, baseline])).toEqual([
    ["prompt_tokens", "training"],
    ["e2e_seconds", "training"],
  ]);
  expect(rows[0]).toMatchObject({
    ...{ places: [0, 1, 2], distances: [0.02, 0.02, 0.3], drifts: [0, 0, 1] },
    ...{ verdict: "drift", reason: "alike", distance: 0.3, threshold: 0.1, n: 60 },
  });
  expect(rows[1]?.distances).toEqual([null, null, null]);
  const coarse = await store.read(modelPageWindows({ ...GRID, stepMs: 3 * WINDOW, limit: 10 }));
  expect(coarse[0]).toMatchObject({ places: [0], distances: [0.3] });
  expect(await store.read(modelPageReplicas({ ...GRID, limit: 10 }))).toEqual([
    {
      ...{ replica: "pod-1", features: 1, differing: 0, kind: "input", feature: "prompt_tokens", verdict: "no_drift" },
      ...{ method: "js", distance: 0.01, threshold: 0.1, places: [0, 1, 2], worst: [0.1, 0.1, 0.1] },
    },
  ]);
});

test("a feature: its kinds, its windows and its cells, together and apart", async () => {
  const of = { model: "chat-7b", kind: "input", feature: "prompt_tokens" };
  expect(await store.read(featureSeen(of))).toMatchObject([{ kind: "input", version: "2", lastAt: AT }]);
  const windows = await store.read(featureWindows({ ...of, ...RANGE, limit: 100 }));
  expect(windows).toHaveLength(3);
  expect(windows.at(-1)).toMatchObject({ sinceAt: AT - WINDOW, distances: { tvd: 0.03 }, newShare: null });
  const newest = [{ fromMs: AT - WINDOW, toMs: AT }];
  const [all] = await store.read(featureCells({ ...of, stretches: newest, apart: false, limit: 10 }));
  expect(all).toMatchObject({ bounds: [0, 100, 1000, 1e308], counts: [21, 41, 0], missing: 4, names: [] });
  const apart = await store.read(featureCells({ ...of, stretches: newest, apart: true, limit: 10 }));
  expect(apart.map(({ replica, labels, counts }) => ({ replica, labels, counts }))).toEqual([
    { replica: "pod-0", labels: { region: "eu" }, counts: [11, 21, 0] },
    { replica: "pod-1", labels: { region: "eu" }, counts: [10, 20, 0] },
  ]);
  const others = featureCells({
    ...of,
    stretches: newest,
    version: "2",
    exceptReplica: "pod-1",
    apart: true,
    limit: 9,
  });
  expect(await store.read(others)).toHaveLength(1);
  const two = [newest[0]!, { fromMs: AT - 3 * WINDOW, toMs: AT - 2 * WINDOW }];
  const [sum] = await store.read(featureCells({ ...of, stretches: two, apart: false, limit: 10 }));
  expect(sum?.counts).toEqual([41, 81, 0]);
});

test("categories and labels of an import of years ago", async () => {
  const stretches = [{ fromMs: OLD, toMs: OLD + 2 * MONTH }];
  const salary = { model: "car-loan", kind: "input", feature: "salary_range" };
  const [cells] = await store.read(featureCells({ ...salary, stretches, apart: false, limit: 10 }));
  expect(new Map(cells!.names.map((name, at) => [name, cells!.ofNames[at]]))).toEqual(
    new Map([
      ["low", 140],
      ["high", 60],
    ]),
  );
  const range = { fromMs: OLD, toMs: OLD + 2 * MONTH };
  expect(await store.read(featureLabelled({ ...range, model: "car-loan", feature: "y_pred_proba" }))).toEqual([
    { bounds: [0, 0.5, 1], labelled: [120, 80], positives: [12, 60], scoreSums: [24, 64] },
  ]);
});
