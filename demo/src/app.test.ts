import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { seriesId } from "@lockstep/formats/series-id";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type DemoApp, type DemoOptions, startDemo } from "./app.ts";
import { listSeries } from "./backfill/series.ts";
import { readCounters } from "./exporter/counters-csv.ts";
import { describeCluster } from "./model/cluster.ts";
import { MemoryLog } from "./testdata/sample-blocks.ts";
import { TINY } from "./testdata/tiny-layout.ts";

const scenarioFile = fileURLToPath(new URL("../scenarios/healthy.yml", import.meta.url));
const quiet = { info: () => {}, warn: () => {} };

let dataDir: string;
let running: DemoApp[] = [];
let log: MemoryLog;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "lockstep-demo-"));
  log = new MemoryLog();
});
afterEach(async () => {
  for (const app of running) await app.stop();
  running = [];
  rmSync(dataDir, { recursive: true });
});

async function start(change: Partial<DemoOptions> = {}): Promise<DemoApp> {
  const app = await startDemo({
    dataDir,
    host: "127.0.0.1",
    port: 0,
    scenarioFile,
    layout: TINY,
    openProducer: async () => log,
    now: Date.now,
    log: quiet,
    ...change,
  });
  running.push(app);
  return app;
}

type Answer = { status: number; headers: Record<string, unknown>; body: Buffer };

/** Node's fetch decompresses and hides it. */
function get(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, method, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("the exporters", () => {
  test("serve each node's page, compressed when asked", async () => {
    const { url } = await start();
    const plain = await get(`${url}/node-01/metrics`);
    expect(plain.status).toBe(200);
    expect(plain.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(plain.body.toString()).toMatch(/^# Simulated/);
    const small = await get(`${url}/node-01/metrics`, { "accept-encoding": "gzip" });
    expect(small.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(small.body).toString()).toMatch(/^# Simulated/);
    expect(small.body.length).toBeLessThan(plain.body.length / 5);
  });

  const table = [
    { path: "/", method: "GET", status: 200, text: /Simulated cluster.*node-02/s },
    { path: "/truth", method: "GET", status: 200, text: /"simulated": true/ },
    { path: "/node-09/metrics", method: "GET", status: 404, text: /no such page/ },
    { path: "/node-01/metrics", method: "HEAD", status: 200, text: /^$/ },
    { path: "/node-01/node_metrics", method: "GET", status: 200, text: /^# Simulated.*node_infiniband_/s },
    { path: "/node-09/node_metrics", method: "GET", status: 404, text: /no such page/ },
    { path: "/node-01/metrics", method: "POST", status: 405, text: /only GET/ },
  ];
  test.each(table)("$method $path: $status", async ({ path, method, status, text }) => {
    const { url } = await start();
    const answer = await get(`${url}${path}`, {}, method);
    expect(answer.status).toBe(status);
    expect(answer.body.toString()).toMatch(text);
  });

  test("a scraped series is the back-filled one: labels of the page with those of its target", async () => {
    const { url } = await start();
    const config = parse(readFileSync(join(dataDir, "demo", "prometheus.yml"), "utf8"));
    const [scrape] = config.scrape_configs;
    const known = listSeries(describeCluster(TINY), readCounters());
    const backfilled = new Set(
      known.filter(({ source }) => source.kind === "gpu").map(({ id }) => `${id.hi}:${id.lo}`),
    );
    const scraped = new Set<string>();
    for (const { targets, labels: target } of scrape.static_configs) {
      expect(`http://${targets[0]}`).toBe(url);
      const page = (await get(`http://${targets[0]}${target.__metrics_path__}`)).body.toString();
      for (const [, name, pairs] of page.matchAll(/^(DCGM\w+)\{(.*)\} /gm)) {
        const labels = new Map([...pairs!.matchAll(/(\w+)="([^"]*)"/g)].map((match) => [match[1]!, match[2]!]));
        labels.set("__name__", name!).set("job", scrape.job_name).set("instance", target.instance);
        const { hi, lo } = seriesId(labels);
        scraped.add(`${hi}:${lo}`);
      }
    }
    expect(scraped).toEqual(backfilled);
  });
});

describe("model servers", () => {
  const layout = {
    ...TINY,
    workloads: TINY.workloads.map((each) => (each.name === "chat" ? { ...each, serves: "vllm" as const } : each)),
  };

  test("a scraped series is a back-filled one, and carries the pod of its GPUs", async () => {
    const { url } = await start({ layout });
    const { scrape_configs, lockstep } = parse(readFileSync(join(dataDir, "demo", "prometheus.yml"), "utf8"));
    const scrape = scrape_configs.find(({ job_name }: { job_name: string }) => job_name === "vllm");
    const backfilled = new Map(
      listSeries(describeCluster(layout), readCounters())
        .filter(({ source }) => source.kind === "served")
        .map(({ id, type }) => [`${id.hi}:${id.lo}`, type]),
    );
    const scraped = new Set<string>();
    for (const { targets, labels: target } of scrape.static_configs) {
      const { __metrics_path__: path, ...own } = target;
      const page = (await get(`http://${targets[0]}${path}`)).body.toString();
      expect(page).toMatch(/^# Simulated/);
      for (const [, name, pairs] of page.matchAll(/^(vllm:\w+)\{(.*)\} /gm)) {
        const labels = new Map([...pairs!.matchAll(/(\w+)="([^"]*)"/g)].map((match) => [match[1]!, match[2]!]));
        labels.set("__name__", name!).set("job", "vllm");
        for (const [label, value] of Object.entries(own)) labels.set(label, String(value));
        const { hi, lo } = seriesId(labels);
        scraped.add(`${hi}:${lo}`);
      }
    }
    expect(scraped).toEqual(new Set(backfilled.keys()));
    expect(scrape.static_configs.map(({ labels }: { labels: { pod: string } }) => labels.pod)).toEqual([
      "chat-0",
      "chat-1",
    ]);
    expect(lockstep.models).toMatchObject([{ model: "chat", preset: "vllm", window: "30s" }]);
    expect((await get(`${url}/serving/chat-9/metrics`)).status).toBe(404);
    expect((await get(url)).body.toString()).toContain("/serving/chat-1/metrics");
  });
});

describe("traces", () => {
  test("are written where prometheus.yml says, and those of an earlier start stay for a while", async () => {
    let nowMs = Date.now();
    const now = () => nowMs;
    const runs = join(dataDir, "demo", "traces", "runs");
    const written = () =>
      readdirSync(runs, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".log"));
    const first = await start({ now });
    nowMs += 30_000;
    await expect.poll(() => written().length, { timeout: 5000 }).toBe(3);
    await first.stop();
    const before = written();
    await start({ now });
    nowMs += 30_000;
    await expect.poll(() => written().length, { timeout: 5000 }).toBe(6);
    expect(written()).toEqual(expect.arrayContaining(before));
    const { lockstep } = parse(readFileSync(join(dataDir, "demo", "prometheus.yml"), "utf8"));
    expect(lockstep.traces).toContainEqual({ inspector: "traces/runs/*/nccl-inspector-*/" });
    for (const file of [lockstep.topology_file, lockstep.mapping_file]) {
      expect(() => JSON.parse(readFileSync(join(dataDir, "demo", file), "utf8"))).not.toThrow();
    }
  });
});

describe("startDemo", () => {
  test("serves before the past is written, writes it, and a second start adds nothing", async () => {
    const app = await start();
    await app.backfilled;
    const blocks = log.blocks.length;
    expect(blocks).toBeGreaterThan(2);
    await app.stop();
    const again = await start();
    await again.backfilled;
    expect(log.blocks.length).toBe(blocks);
  });

  test("a stop in the middle leaves a back-fill that the next start finishes", async () => {
    const whole = new MemoryLog();
    const moment = Date.now();
    const now = () => moment;
    const first = await start({ now, openProducer: async () => whole });
    await first.backfilled;
    await first.stop();
    rmSync(join(dataDir, "demo"), { recursive: true });

    const cut = await start({ now });
    await cut.stop();
    await (await start({ now })).backfilled;
    expect(log.sequences).toEqual(whole.sequences);
    expect(log.blocks.map(({ rows }) => rows)).toEqual(whole.blocks.map(({ rows }) => rows));
  });

  test("plants the scenario's faults: one in the past, one a minute after ready, not twice while it lasts", async () => {
    const planted = join(dataDir, "two.yml");
    const fault = (after: string, offset: number, gpu: number) =>
      `  - {kind: thermal-throttle, node: node-01, gpu: ${gpu}, after: ${after}, offset_seconds: ${offset}, duration_seconds: 600, cooling_lost: 0.7, truth: hot}`;
    const lines = [fault("first-start", -7200, 0), fault("ready", 60, 1)].join("\n");
    writeFileSync(planted, `name: two\ndescription: two\nfaults:\n${lines}\n`);
    const moment = Date.now();
    for (const startMs of [moment, moment + 30_000]) {
      const app = await start({ scenarioFile: planted, now: () => startMs });
      const { faults } = JSON.parse((await get(`${app.url}/truth`)).body.toString());
      expect(faults.map(({ start }: { start: string }) => Date.parse(start) - moment)).toEqual([-7_200_000, 60_000]);
      await app.stop();
    }
  });

  test("a port that is taken is said, with what to do", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    await expect(start({ port })).rejects.toThrow(`127.0.0.1:${port} is in use; set LOCKSTEP_DEMO_PORT`);
    other.close();
  });

  test("a state that is none, or of another cluster or seed, is refused", async () => {
    const app = await start();
    await app.stop();
    await expect(start({ layout: { ...TINY, gpusPerNode: 4 } })).rejects.toThrow(/state of 6 GPUs, expected .* 8 GPUs/);
    await expect(start({ seed: 99 })).rejects.toThrow(/seed 99: this data folder holds a cluster of seed 7/);
    writeFileSync(join(dataDir, "demo", "state.json"), "{");
    await expect(start()).rejects.toThrow(/state\.json: .*another data folder/);
  });
});
