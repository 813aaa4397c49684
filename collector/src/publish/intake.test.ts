/** Posts to the spool itself: what is acknowledged is there once, whatever ends in between. */
import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { NotingProducer } from "@lockstep/log/log";
import { openSpoolConsumer } from "@lockstep/log/spool/consumer";
import { openSpoolProducer } from "@lockstep/log/spool/producer";
import { afterEach, beforeEach, expect, test } from "vitest";
import { metricsJson, metricsProtobuf } from "../../../packages/formats/test/otlp-encoder.ts";
import { readBlock } from "../../../packages/formats/test/read-block.ts";
import { MemoryLog } from "../../test/memory-log.ts";
import { metricsRoute } from "../receive/metrics-route.ts";
import { observationsRoute } from "../receive/observations-route.ts";
import type { PostRoute } from "../receive/post-route.ts";
import { Intake } from "./intake.ts";
import { REPEAT_MS } from "./intake-state.ts";

const T = Date.parse("2026-09-14T12:00:00Z");
let at = T;
let folder = "";
let producer: NotingProducer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-intake-"));
  at = T;
});
afterEach(async () => {
  await producer?.close();
  producer = undefined;
  await rm(folder, { recursive: true });
});

type Routes = { intake: Intake; observations: PostRoute; metrics: PostRoute };

function routesOf(log: NotingProducer): Routes {
  const now = () => at;
  const intake = new Intake({ producer: log, lanes: 1, now });
  return { intake, observations: observationsRoute(intake, now), metrics: metricsRoute(intake, now) };
}

/** As after the end of a process, at any moment: nothing but the spool is left. */
async function restart(maxBytes?: number): Promise<Routes> {
  await producer?.close();
  producer = await openSpoolProducer({ path: folder, producer: "collector", ...(maxBytes && { maxBytes }) });
  return routesOf(producer);
}

async function rows(enough: number): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  const consumer = await openSpoolConsumer({ path: folder, pollMs: 5 });
  const running = consumer.run(async ({ messages }) => {
    for (const { table, block } of messages) if (table === "histograms") found.push(...readBlock(block).rows);
    await sleep(20);
  });
  for (let i = 0; i < 100 && found.length < enough; i++) await sleep(10);
  await consumer.stop();
  await running;
  return found;
}

async function send(route: PostRoute, body: unknown, headers: Record<string, string> = {}) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const type = { "content-type": "application/json" };
  const { status, content } = await route.take(bytes, {
    headers: { ...type, ...headers },
  } as unknown as IncomingMessage);
  return { status, body: content.length === 0 ? {} : JSON.parse(String(content)) };
}

const post = (counts: number[], more: object = {}) => ({
  model: "fraud",
  source: "pod-1",
  since: T - 600_000,
  until: T - 300_000,
  features: [{ feature: "amount", bounds: [0, 10, 20], counts }],
  ...more,
});

test("a post that comes again is acknowledged and dropped, over a restart too", async () => {
  let { observations } = await restart();
  expect(await send(observations, post([1, 2]))).toEqual({ status: 202, body: { accepted: 1, repeated: 0 } });
  expect(await send(observations, post([1, 2]))).toEqual({ status: 202, body: { accepted: 0, repeated: 1 } });
  ({ observations } = await restart());
  expect(await send(observations, post([1, 2]))).toEqual({ status: 202, body: { accepted: 0, repeated: 1 } });
  const keyed = { "idempotency-key": "k" };
  expect((await send(observations, post([5, 5]), keyed)).body).toEqual({ accepted: 1, repeated: 0 });
  expect((await send(observations, post([5, 5]), keyed)).body).toEqual({ accepted: 0, repeated: 1 });
  const stored = await rows(2);
  expect(stored.map(({ counts, source }) => [[...(counts as BigUint64Array)].map(Number), source])).toEqual([
    [[1, 2], "observations"],
    [[5, 5], "observations"],
  ]);
  expect(stored[0]!["origin"]).not.toBe(stored[1]!["origin"]);
});

test("other counts for the same window are refused within the hour, and replace afterwards", async () => {
  const { observations } = await restart();
  await send(observations, post([1, 2]));
  const conflict = await send(observations, post([1, 3]));
  expect(conflict).toMatchObject({ status: 409, body: { path: "features[0]" } });
  at += REPEAT_MS;
  expect((await send(observations, post([1, 3]))).body).toEqual({ accepted: 1, repeated: 0 });
  const origins = (await rows(2)).map(({ origin }) => origin);
  expect(origins[0]).toBe(origins[1]);
});

test("late labels add, each with an origin of its own", async () => {
  const { observations } = await restart();
  const late = (ones: number[]) =>
    post([], {
      features: [{ feature: "score", kind: "score", bounds: [0, 0.5, 1], labels: { "0": [1, 0], "1": ones } }],
    });
  for (const ones of [
    [0, 2],
    [0, 3],
    [0, 2],
  ])
    expect((await send(observations, late(ones))).status).toBe(202);
  const stored = await rows(2);
  expect(stored.map(({ positives }) => [...(positives as BigUint64Array)].map(Number))).toEqual([
    [0, 2],
    [0, 3],
  ]);
  expect(new Set(stored.map(({ origin }) => origin)).size).toBe(2);
});

test("posts at once are one append, and a bad one among them costs the others nothing", async () => {
  const log = new MemoryLog();
  const { observations } = routesOf(log);
  const bodies = [post([1, 2]), post([1]), ...Array.from({ length: 20 }, (_, i) => post([i, i], { source: `r${i}` }))];
  const answers = await Promise.all(bodies.map((body) => send(observations, body)));
  expect(answers.map(({ status }) => status)).toEqual([202, 400, ...Array.from({ length: 20 }, () => 202)]);
  expect(log.appends).toHaveLength(1);
  expect(log.rows("histograms")).toHaveLength(21);
});

test("while the log is full nothing is acknowledged, and nothing is remembered", async () => {
  let { observations } = await restart(10);
  await expect(send(observations, post([1, 2]))).rejects.toMatchObject({ code: "full" });
  ({ observations } = await restart());
  expect((await send(observations, post([1, 2]))).body).toEqual({ accepted: 1, repeated: 0 });
});

const histogram = (bucketCounts: number[], minutes: number, more: object = {}) => ({
  resource: new Map([["service.instance.id", "pod-7"]]),
  scope: "serving",
  name: "request.amount",
  unit: "1",
  data: {
    form: "histogram" as const,
    temporality: "cumulative" as const,
    points: [
      {
        attributes: new Map([
          ["model.name", "fraud"],
          ["model.version", "v3"],
          ["region", "eu"],
        ]),
        startMs: T - 3_600_000,
        timeMs: T - 3_000_000 + minutes * 60_000,
        noValue: false,
        count: bucketCounts.reduce((sum, count) => sum + count, 0),
        sum: undefined,
        bucketCounts,
        explicitBounds: [10],
        ...more,
      },
    ],
  },
});

test("cumulative points over restarts: each count once", async () => {
  for (const [i, counts] of [
    [3, 1],
    [5, 1],
    [5, 4],
  ].entries()) {
    const { metrics } = await restart();
    const body = metricsProtobuf([histogram(counts, i)]);
    const type = { "content-type": "application/x-protobuf" };
    expect(await send(metrics, body, type)).toEqual({ status: 200, body: {} });
    expect(await send(metrics, body, type)).toEqual({ status: 200, body: {} });
    expect(await send(metrics, metricsJson([histogram(counts, i)]))).toEqual({ status: 200, body: {} });
  }
  const stored = await rows(3);
  expect(stored.map(({ counts }) => [...(counts as BigUint64Array)].map(Number))).toEqual([
    [3, 1],
    [2, 0],
    [0, 3],
  ]);
  expect(stored[0]).toMatchObject({
    model: "fraud",
    version: "v3",
    replica: "pod-7",
    labels: new Map([["region", "eu"]]),
    kind: "input",
    feature: "request.amount",
    source: "otlp",
  });
  expect(stored.map(({ since, until }) => (Number(until) - Number(since)) / 60_000)).toEqual([10, 1, 1]);
});

test("points that cannot be taken are told, and refused where no other is there", async () => {
  const { metrics } = routesOf(new MemoryLog());
  const bad = histogram([1, 2, 3], 1);
  const future = histogram([1, 1], 61);
  const answer = await send(metrics, metricsJson([histogram([1, 1], 1), bad, future]));
  expect(answer.status).toBe(200);
  expect(answer.body.partialSuccess).toMatchObject({ rejectedDataPoints: "2" });
  expect(answer.body.partialSuccess.errorMessage).toMatch(
    /request.amount, data point 0: bucket_counts: found 3 for 1 .*; .*5 minutes/,
  );
  const refused = await send(metrics, metricsJson([bad]));
  expect(refused).toMatchObject({
    status: 400,
    body: { code: 3, message: expect.stringContaining("bucket_counts: found 3") },
  });
  expect(await send(metrics, Buffer.from("{"))).toMatchObject({ status: 400 });
  expect(await send(metrics, Buffer.from("x"), { "content-type": "text/plain" })).toMatchObject({ status: 415 });
});

test("metrics without a model are ordinary series", async () => {
  const log = new MemoryLog();
  const { metrics } = routesOf(log);
  const own = {
    resource: new Map([
      ["service.name", "api"],
      ["service.instance.id", "i1"],
    ]),
    scope: "",
  };
  const base = { attributes: new Map([["http.route", "/x"]]), startMs: T - 60_000, timeMs: T, noValue: false };
  const answer = await send(
    metrics,
    metricsJson([
      { ...own, name: "queue.length", unit: "{request}", data: { form: "gauge", points: [{ ...base, value: 2.5 }] } },
      {
        ...own,
        name: "http.requests",
        unit: "",
        data: { form: "sum", temporality: "cumulative", monotonic: true, points: [{ ...base, value: 7 }] },
      },
      {
        ...own,
        name: "http.duration",
        unit: "s",
        data: {
          form: "histogram",
          temporality: "cumulative",
          points: [{ ...base, count: 3, sum: 1.5, bucketCounts: [1, 2], explicitBounds: [0.5] }],
        },
      },
      {
        ...own,
        name: "d",
        unit: "",
        data: { form: "sum", temporality: "delta", monotonic: true, points: [{ ...base, value: 7 }] },
      },
    ]),
  );
  expect(answer.body.partialSuccess).toMatchObject({
    rejectedDataPoints: "1",
    errorMessage: expect.stringContaining("expected cumulative"),
  });
  const of = 'http_route="/x",instance="i1",job="api"';
  expect(log.samples().map(({ series, value }) => `${series} ${value}`)).toEqual([
    `queue_length{${of}} 2.5`,
    `http_requests_total{${of}} 7`,
    `http_duration_seconds_bucket{${of},le="0.5"} 1`,
    `http_duration_seconds_bucket{${of},le="+Inf"} 3`,
    `http_duration_seconds_count{${of}} 3`,
    `http_duration_seconds_sum{${of}} 1.5`,
  ]);
});
