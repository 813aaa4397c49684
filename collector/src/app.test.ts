import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogError } from "@lockstep/log/log";
import { exitCodeOf } from "@lockstep/process/exit-code";
import { noMeter } from "@lockstep/process/metrics";
import type { Logger } from "@lockstep/process/process";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MemoryLog } from "../test/memory-log.ts";
import { closeServers, type Served, serveHttp } from "../test/servers.ts";
import { targetOf } from "../test/target-of.ts";
import { Collector, type CollectorOptions, flushIntervalMs } from "./app.ts";
import { selfScrapeConfig } from "./discover/self-scrape.ts";
import type { Forwarding } from "./publish/forwarding.ts";

let folder = "";
let configFile = "";
let log: MemoryLog;
let lines: Record<string, unknown>[] = [];
let served: Served;
let collector: Collector | undefined;
let authorizations: (string | undefined)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-collector-"));
  configFile = join(folder, "prometheus.yml");
  log = new MemoryLog();
  lines = [];
  authorizations = [];
  served = await serveHttp((request, response) => {
    authorizations.push(request.headers.authorization);
    response.end("a 1\n");
  });
});
afterEach(async () => {
  await collector?.stop();
  collector = undefined;
  await closeServers();
  await rm(folder, { recursive: true });
});

async function start(yaml: string | undefined, options: Partial<CollectorOptions> = {}): Promise<Collector> {
  if (yaml !== undefined) await writeFile(configFile, yaml);
  collector = await Collector.start({
    configFile: yaml === undefined ? undefined : configFile,
    openLog: async () => ({ producer: log, forwarding: undefined }),
    data: folder,
    lanes: 1,
    flushMs: 100,
    shard: undefined,
    self: undefined,
    log: pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) }) as Logger,
    meter: noMeter,
    host: "127.0.0.1",
    port: 0,
    token: undefined,
    instance: "rack-7",
    run: "r1",
    now: Date.now,
    ...options,
  });
  return collector;
}

const yaml = (...jobs: string[]) =>
  `global: {scrape_interval: 500ms, scrape_timeout: 500ms}\nscrape_configs: [${jobs.join()}]\n`;
const job = (name: string, ...targets: string[]) =>
  `{job_name: ${name}, static_configs: [{targets: ${JSON.stringify(targets)}}]}`;

/** Urls by pool, of all targets that the log was told of and that are not gone. */
function targets(): Record<string, string[]> {
  const health = new Map<string, string>();
  for (const row of log.rows("targets")) health.set(`${row["scrape_pool"]} ${row["url"]}`, String(row["health"]));
  const found: Record<string, string[]> = {};
  for (const [key, state] of health) {
    const [pool = "", url = ""] = key.split(" ");
    if (state !== "gone") found[pool] = [...(found[pool] ?? []), new URL(url).host].sort();
  }
  return found;
}

const heartbeats = () =>
  log.rows("processes").map(({ process, host, detail }) => ({ process, host, ...JSON.parse(String(detail)) }));

const until = <T>(what: () => T, expected: T) => expect.poll(what, { interval: 20, timeout: 10_000 }).toEqual(expected);

/** Four ranks that meet in one all-reduce a step, as lines of the generic form. */
function collectiveLines(steps: number): string {
  const members = [0, 1, 2, 3];
  const lines: string[] = [];
  for (let step = 0; step < steps; step++) {
    for (const rank of members) {
      const at = 1_795_000_000_000_000 + step * 1_000_000 + rank;
      const times = { start_ns: at * 1000, end_ns: (at + 2_000) * 1000 };
      const line = {
        job: "j",
        comm_id: "c",
        kind: "DP",
        members,
        rank,
        op: "all_reduce",
        seq: step,
        bytes: 65536,
        ...times,
      };
      lines.push(JSON.stringify(line));
    }
  }
  return `${lines.join("\n")}\n`;
}

test("trace files of the configuration are followed, and their steps go to the log", async () => {
  const traces = join(folder, "traces");
  await mkdir(traces);
  await start(`${yaml()}lockstep: {traces: [{lines: ${traces}/*.jsonl}]}\n`);
  await writeFile(join(traces, "all.jsonl"), collectiveLines(120));
  await until(() => log.rows("collectives").length >= 4 * 100, true);
  const rows = log.rows("collectives");
  expect(new Set(rows.map(({ process }) => process)).size).toBe(4);
  expect(rows[0]).toMatchObject({ job: "j", communicator: "c", collective: "AllReduce", size: 4, timing: "unknown" });
});

test("posted lines go the same way", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  await new Promise((resolve) => taken.close(resolve));
  await start(yaml(), { port });
  const url = `http://127.0.0.1:${port}/v1/collectives`;
  const response = await fetch(url, { method: "POST", body: collectiveLines(120) });
  expect(await response.json()).toEqual({ accepted: 480, repeated: false });
  await until(() => log.rows("collectives").length >= 4 * 100, true);
});

describe("the heartbeat", () => {
  test("says who it is, what waits, and that there is no Kafka", async () => {
    await start(yaml());
    await until(() => heartbeats().length, 1);
    expect(heartbeats()[0]).toEqual({
      process: "collector",
      host: "rack-7",
      configFile,
      warnings: [],
      lastReload: { at: expect.any(Number), ok: true, error: null },
      backlogBytes: 0,
      spoolBlocks: 0,
      spoolOldestAt: null,
      kafka: null,
      traces: [expect.objectContaining({ kind: "lines", files: join(folder, "posted-collectives/*.jsonl") })],
      jobsWithoutSteps: [],
    });
  });

  test("says since when and why blocks wait for Kafka", async () => {
    log.stats = () => ({ bytes: 12, blocks: 3, oldestAt: 1_700_000_000_000 });
    const forwarding: Forwarding = { away: "no broker answers", stop: async () => {} };
    await start(yaml(), { openLog: async () => ({ producer: log, forwarding }) });
    await until(() => heartbeats().length, 1);
    expect(heartbeats()[0]).toMatchObject({
      backlogBytes: 12,
      spoolBlocks: 3,
      spoolOldestAt: 1_700_000_000_000,
      kafka: { away: "no broker answers" },
    });
  });
});

describe("Lockstep's own processes", () => {
  const self = () => selfScrapeConfig(`collector=${served.address},ingest=localhost:${served.port}`, undefined);

  test("are scraped besides the configuration, also without one", async () => {
    await start(undefined, { self: self() });
    await until(targets, { lockstep: [served.address, `localhost:${served.port}`] });
  });

  test("stay over a reload, as the same loops", async () => {
    const { reload } = await start(yaml(job("a", "127.0.0.1:1")), { self: self() }).then((made) => ({
      reload: (text: string) => writeFile(configFile, text).then(() => made.reload()),
    }));
    const ours = [served.address, `localhost:${served.port}`];
    await until(targets, { a: ["127.0.0.1:1"], lockstep: ours });
    await reload(yaml(job("b", "127.0.0.1:2")));
    await until(targets, { b: ["127.0.0.1:2"], lockstep: ours });
    expect(log.rows("targets").filter(({ health, url }) => health === "gone" && !/:1\//.test(String(url)))).toEqual([]);
  });

  test("with the token's file carry what is in it", async () => {
    await writeFile(join(folder, "token"), "s3cret\n");
    const config = { ...selfScrapeConfig(`x=${served.address}`, join(folder, "token"))!, scrapeIntervalMs: 500 };
    await start(undefined, { self: { ...config, scrapeTimeoutMs: 500 } });
    await until(() => authorizations[0], "Bearer s3cret");
  });

  test("give way to a job of that name, and one line says so", async () => {
    const made = await start(yaml(job("lockstep", "127.0.0.1:1")), { self: self() });
    await made.reload();
    await until(targets, { lockstep: ["127.0.0.1:1"] });
    expect(lines.filter(({ level }) => level === 40).map(({ msg }) => msg)).toEqual([
      "the configuration has a job lockstep; it is scraped in place of LOCKSTEP_SELF_TARGETS",
    ]);
  });
});

test("collectors that share a configuration have each target once", async () => {
  const all = Array.from({ length: 12 }, (_, n) => `127.0.0.1:${n + 1}`);
  const shares: string[][] = [];
  for (const index of [1, 2, 3]) {
    log = new MemoryLog();
    const made = await start(yaml(job("a", ...all)), { shard: { index, of: 3 } });
    await until(() => heartbeats().length, 1);
    await made.stop();
    collector = undefined;
    shares.push(targets()["a"] ?? []);
  }
  expect(shares.flat().sort()).toEqual([...all].sort());
  expect(Math.max(...shares.map(({ length }) => length))).toBeLessThan(12);
});

describe("stop", () => {
  test("brings out what was gathered, lets it go to Kafka, and closes the log", async () => {
    const order: string[] = [];
    const forwarding: Forwarding = {
      away: null,
      stop: async () => void order.push(`forwarded ${log.appends.length > 0}, closed ${log.closed}`),
    };
    const made = await start(yaml(), {
      openLog: async () => ({ producer: log, forwarding }),
      flushMs: 60_000,
    });
    collector = undefined;
    await made.stop();
    expect(order).toEqual(["forwarded true, closed false"]);
    expect(log.closed).toBe(true);
  });

  test("closes the log also where it took nothing, and says so", async () => {
    log.refusal = new LogError("full", "the log is full");
    const made = await start(yaml());
    collector = undefined;
    await expect(made.stop()).rejects.toThrow("the log is full");
    expect(log.closed).toBe(true);
  });
});

test("a configuration that cannot be used ends the start with the exit code for it", async () => {
  const error = await start("scrape_configs: 1").catch((refused: unknown) => refused);
  expect(exitCodeOf(error)).toBe(78);
});

test.each([
  [2000, [], 2000],
  [2000, [15_000, 10_000], 2000],
  [2000, [15_000, 1_000], 500],
  [500, [15_000], 500],
  [500, [600], 300],
  [500, [20], 100],
])("gathering for at most %i ms with intervals %j: %i ms", (longest, intervals, expected) => {
  const configs = intervals.map(
    (ms) => targetOf("h:1", { scrape_interval: `${ms}ms`, scrape_timeout: `${ms}ms` }).scrape,
  );
  expect(flushIntervalMs(longest, configs)).toBe(expected);
});
