/** The pipeline's queries against a real ClickHouse: counters with resets, births and ends. */
import { metricId } from "@lockstep/schemas/domain/metric-id";
import { pipelineGrid } from "@lockstep/schemas/queries/pipeline-grid";
import { pipelineNow } from "@lockstep/schemas/queries/pipeline-now";
import { pipelineTargets } from "@lockstep/schemas/queries/pipeline-targets";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestStore, type TestStore } from "./prometheus-test-store.ts";

const AT = Math.floor(Date.now() / 60_000) * 60_000;
const STALE = { m: "9218868437227405314", e: 127 };
const JOB = "lockstep";

let running: TestStore | undefined;
let whyNot = "";

beforeAll(async () => {
  try {
    running = await startTestStore();
  } catch (error) {
    whyNot = `the embedded ClickHouse does not start: ${error instanceof Error ? error.message : String(error)}`;
    console.warn(`skipped: ${whyNot}`);
    return;
  }
  await fill(running.store);
}, 60_000);

afterAll(async () => running?.stop());
beforeEach((context) => {
  if (running === undefined) context.skip(whyNot);
});

type Value = number | "stale";
/** First seen long ago unless born; values at 60 s steps, the last at AT. */
const SERIES: readonly { labels: Record<string, string>; values: readonly Value[]; born?: boolean }[] = [
  { labels: { __name__: "c_total", job: JOB, instance: "a" }, values: [100, 110, 5, 15] },
  { labels: { __name__: "c_total", job: JOB, instance: "b" }, values: [2, 3], born: true },
  { labels: { __name__: "c_total", job: JOB, instance: "ended" }, values: [7, 8, "stale"] },
  { labels: { __name__: "c_total", job: "other", instance: "a" }, values: [1, 2, 3] },
  { labels: { __name__: "g", job: JOB, topic: "x", partition: "0" }, values: [10, 30, 20] },
  { labels: { __name__: "g", job: JOB, topic: "x", partition: "1" }, values: [1, 2, 3] },
  { labels: { __name__: "g", job: JOB, topic: "y", partition: "0" }, values: [0, 0, 0] },
];

async function fill(store: TestStore["store"]): Promise<void> {
  const rows = SERIES.flatMap(({ labels, values }, index) =>
    values.map((value, position) => ({
      metric: metricId(labels["__name__"]!),
      series: String(index + 1),
      ts: AT - (values.length - 1 - position) * 60_000,
      ...(value === "stale" ? STALE : { m: String(value), e: 0 }),
    })),
  );
  await store.insertRows("samples", rows);
  const known = SERIES.map(({ labels, values, born }, index) => ({
    metric: labels["__name__"],
    series: String(index + 1),
    labels,
    type: "",
    unit: "",
    first_seen: born ? AT - (values.length - 1) * 60_000 : AT - 86_400_000,
    last_seen: AT,
  }));
  // Twice, as a series is written again while its samples go on.
  await store.insertRows("series", known);
  await store.insertRows("series", known);
  const target = (url: string, health: string, seconds: number) => ({
    scrape_pool: "p",
    url,
    health,
    duration_seconds: seconds,
    run: "r",
    updated: AT,
  });
  await store.insertRows("processes", [
    { process: "collector", host: "h", pid: 1, run: "r", started: AT, detail: "", updated: AT },
  ]);
  await store.insertRows("targets", [
    target("http://a", "up", 0.1),
    target("http://b", "up", 0.3),
    target("http://c", "down", 9),
    target("http://d", "gone", 9),
  ]);
}

test("counters: resets count from zero, births are told, ends have no value, other jobs are not there", async () => {
  const rows = await running!.store.read(
    pipelineNow({ job: JOB, metrics: ["c_total", "absent"], atMs: AT, windowMs: 300_000 }),
  );
  expect(
    rows.map(({ labels, value, first, peak, rise, seconds, born }) => [
      labels["instance"],
      { value, first, peak, rise, seconds, born },
    ]),
  ).toEqual([
    ["a", { value: 15, first: 100, peak: 110, rise: 25, seconds: 180, born: 0 }],
    ["b", { value: 3, first: 2, peak: 3, rise: 1, seconds: 60, born: 1 }],
    ["ended", { value: null, first: 7, peak: 8, rise: 1, seconds: 60, born: 0 }],
  ]);
  expect(rows[0]).toMatchObject({ metric: "c_total", ts: AT });
});

test("one sample is a value and no rise; metrics come in the order asked", async () => {
  const rows = await running!.store.read(
    pipelineNow({ job: JOB, metrics: ["g", "c_total"], atMs: AT, windowMs: 50_000 }),
  );
  expect(rows.map(({ metric, value, rise, seconds }) => [metric, value, rise, seconds])).toEqual([
    ["g", 20, null, 0],
    ["g", 3, null, 0],
    ["g", 0, null, 0],
    ["c_total", 15, null, 0],
    ["c_total", 3, null, 0],
    ["c_total", null, null, 0],
  ]);
});

test.each([
  [
    "topic",
    "max",
    [
      { key: "x", values: [10, 30, 20] },
      { key: "y", values: [0, 0, 0] },
    ],
  ],
  ["job", "sum", [{ key: JOB, values: [11, 32, 23] }]],
] as const)("levels on a grid by %s, %s", async (by, fold, expected) => {
  const grid = { fromMs: AT - 120_000, toMs: AT, stepMs: 60_000 };
  expect(await running!.store.read(pipelineGrid({ job: JOB, metric: "g", by, kind: "last", fold, grid }))).toEqual(
    expected,
  );
});

test("rates on a grid are added up; where there is nothing, there is a gap", async () => {
  const grid = { fromMs: AT - 600_000, toMs: AT, stepMs: 60_000 };
  const [row] = await running!.store.read(
    pipelineGrid({ job: JOB, metric: "c_total", by: "job", kind: "rate", fold: "sum", grid }),
  );
  expect(row?.values).toHaveLength(11);
  expect(row?.values[0]).toBeNull();
  expect(row?.values.at(-1)).toBeGreaterThan(0.1);
});

test("targets of today, without those that are gone", async () => {
  const [row] = await running!.store.read(pipelineTargets());
  expect(row).toMatchObject({ known: 3, up: 2 });
  expect(row?.p50Seconds).toBeCloseTo(0.2, 10);
});
