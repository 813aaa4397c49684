import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PageReader } from "@lockstep/formats/exposition/page-reader";
import { SampleBlock } from "@lockstep/formats/sample-block";
import { seriesId } from "@lockstep/formats/series-id";
import { SECONDS_BOUNDS, SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import { afterEach, expect, test, vi } from "vitest";
import { startMetricsServer } from "./metrics-server.ts";
import { type SelfMetrics, startSelfMetrics } from "./self-metrics.ts";

let running: { stop(): Promise<void> } | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function start(name: string): Promise<SelfMetrics> {
  const started = await startSelfMetrics(name, {
    LOCKSTEP_HOST: "127.0.0.1",
    LOCKSTEP_METRICS_PORT: await freePort(),
    LOCKSTEP_INSTANCE: "host-a",
  });
  running = started;
  return started;
}

async function scrape(port: number) {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  return response.text();
}

/** The page as the collector reads it: label sets by metric name, and what it could not read. */
function read(page: string) {
  const found: ReadonlyMap<string, string>[] = [];
  const block = new SampleBlock(16);
  const reader = new PageReader({
    resolve: (labels) => {
      found.push(labels);
      return { labels, metric: 1, ...seriesId(labels), blanks: false };
    },
    honorTimestamps: true,
    maxSamples: 10_000,
    sampleLimit: 0,
    maxLineBytes: 10_000,
    strict: true,
  });
  reader.begin(1000, block);
  reader.feed(Buffer.from(page));
  const summary = reader.finish();
  return { summary, byName: Map.groupBy(found, (labels) => labels.get("__name__") ?? "") };
}

test("everything that is counted is scraped under its name", async () => {
  const { meter, port } = await start("ingest");
  meter.createCounter(SELF_METRICS.ingestRows).add(5, { table: "samples" });
  meter.createHistogram(SELF_METRICS.stageSeconds).record(0.3, { stage: "post" });
  meter
    .createObservableGauge(SELF_METRICS.lagMessages)
    .addCallback((result) => result.observe(7, { topic: 'a "b"\n\\', partition: 0 }));
  const page = await scrape(port);
  const { summary, byName } = read(page);
  expect(summary).toMatchObject({ badLines: 0 });
  expect([...byName.keys()].filter((name) => !/^(process|nodejs)_/.test(name)).sort()).toEqual([
    "lockstep_ingest_lag_messages",
    "lockstep_ingest_rows_total",
    "lockstep_process_info",
    "lockstep_stage_seconds_bucket",
    "lockstep_stage_seconds_count",
    "lockstep_stage_seconds_sum",
  ]);
  expect(byName.get("lockstep_stage_seconds_bucket")?.map((labels) => labels.get("le"))).toEqual([
    ...SECONDS_BOUNDS.map(String),
    "+Inf",
  ]);
  expect(Object.fromEntries(byName.get("lockstep_ingest_lag_messages")?.[0] ?? [])).toMatchObject({
    topic: 'a "b"\n\\',
    partition: "0",
  });
});

test("what cannot be observed is told and hides nothing else; what is observed no more is gone", async () => {
  const { meter, port } = await start("ingest");
  let partitions = [0, 1];
  meter
    .createObservableGauge(SELF_METRICS.lagMessages, { unit: "s" })
    .addCallback(async (result) => partitions.forEach((partition) => void result.observe(7, { partition })));
  meter.createObservableGauge(SELF_METRICS.spoolBytes).addCallback(() => Promise.reject(new Error("two\nlines")));
  const first = await scrape(port);
  expect(first).toContain("# could not be observed: Error: two lines\n");
  expect(read(first).summary).toMatchObject({ badLines: 0 });
  expect(read(first).byName.get(SELF_METRICS.lagMessages)).toHaveLength(2);
  partitions = [1];
  const second = await scrape(port);
  expect(
    read(second)
      .byName.get(SELF_METRICS.lagMessages)
      ?.map((labels) => labels.get("partition")),
  ).toEqual(["1"]);
  partitions = [];
  expect(read(await scrape(port)).byName.has(SELF_METRICS.lagMessages)).toBe(false);
});

test("a process tells who it is and what it takes", async () => {
  const { port } = await start("watch");
  // The event loop's lag is there once the loop has turned often enough.
  const page = await vi.waitFor(async () => {
    const scraped = await scrape(port);
    expect(scraped).toContain("\nnodejs_eventloop_lag_seconds ");
    return scraped;
  });
  expect(page).toContain('lockstep_process_info{process="watch",host="host-a"} 1\n');
  for (const name of [
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "nodejs_eventloop_lag_seconds",
  ]) {
    expect(page).toMatch(new RegExp(`^${name} [0-9.e-]+$`, "m"));
  }
});

test("what OTEL_* variables say of other programs changes nothing", async () => {
  process.env["OTEL_SDK_DISABLED"] = "true";
  process.env["OTEL_METRICS_EXPORTER"] = "otlp";
  const { port } = await start("ingest");
  expect(await scrape(port)).toContain("lockstep_process_info");
});

test("port 0 serves nothing and counts nowhere", async () => {
  const { meter, port } = await startSelfMetrics("x", { LOCKSTEP_HOST: "127.0.0.1", LOCKSTEP_METRICS_PORT: 0 });
  expect(port).toBe(0);
  meter.createCounter("x").add(1);
});

test("a port that is taken is told with what to do", async () => {
  const { port } = await start("ingest");
  await expect(
    startMetricsServer({ host: "127.0.0.1", port, tokenFile: undefined, page: async () => "" }),
  ).rejects.toThrow(
    `cannot serve metrics on 127.0.0.1:${port}: the port is taken by another process; set LOCKSTEP_METRICS_PORT to a free port, or to 0 for no metrics`,
  );
});

test("beyond loopback a token is needed", async () => {
  const options = { host: "0.0.0.0", port: 0, page: async () => "up 1\n" };
  await expect(startMetricsServer({ ...options, tokenFile: undefined })).rejects.toMatchObject({ name: "ConfigError" });
  const folder = mkdtempSync(join(tmpdir(), "lockstep-metrics-"));
  try {
    const tokenFile = join(folder, "token");
    writeFileSync(tokenFile, "s3cret\n");
    const server = await startMetricsServer({ ...options, tokenFile });
    running = server;
    const ask = async (authorization?: string, path = "/metrics", method = "GET") => {
      const headers = authorization === undefined ? {} : { authorization };
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers, method });
      return `${response.status} ${(await response.text()).trim()}`;
    };
    const refused = "401 expected an Authorization header: Bearer and the token of LOCKSTEP_TOKEN_FILE";
    expect(await ask()).toBe(refused);
    expect(await ask("Bearer s3cre")).toBe(refused);
    expect(await ask("Bearer ")).toBe(refused);
    expect(await ask(undefined, "/")).toBe(refused);
    expect(await ask("Bearer s3cret")).toBe("200 up 1");
    expect(await ask("bearer s3cret", "/metrics", "POST")).toBe("405 expected GET");
    expect(await ask("bearer s3cret", "/x")).toBe("404 nothing is at /x; the metrics are at /metrics");
    writeFileSync(tokenFile, "\n");
    expect(await ask("Bearer s3cret")).toBe(refused);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a page that cannot be made is an error, not an empty page", async () => {
  const page = () => Promise.reject(new Error("a gauge threw"));
  const server = await startMetricsServer({ host: "127.0.0.1", port: 0, tokenFile: undefined, page });
  running = server;
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
  expect([response.status, await response.text()]).toEqual([500, "a gauge threw\n"]);
});
