/** `lockstep run`, `health` and `migrate` as a container has them, against an embedded ClickHouse that comes late. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../src/start/preflight.ts";

const root = join(import.meta.dirname, "../..");
const main = join(root, "cli/src/main.ts");
const started: Running[] = [];
let folder: string;
let env: Record<string, string>;

type Running = { readonly child: ChildProcess; readonly ended: Promise<number | null>; said: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-run-"));
  mkdirSync(join(folder, "store"));
  writeFileSync(join(folder, "password"), "0123456789abcdef\n");
  writeFileSync(join(folder, "prometheus.yml"), "scrape_configs: []\nlockstep: {retention: {raw: 7d}}\n");
  env = {
    LOCKSTEP_DATA: join(folder, "data"),
    LOCKSTEP_CONFIG: join(folder, "prometheus.yml"),
    LOCKSTEP_CLICKHOUSE_URL: `http://127.0.0.1:${await freePort()}`,
    LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: join(folder, "password"),
    LOCKSTEP_RECEIVE_PORT: String(await freePort()),
    LOCKSTEP_METRICS_PORT: "0",
  };
});

afterAll(async () => {
  for (const { child, ended } of started) {
    child.kill("SIGKILL");
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

function launch(script: string, args: readonly string[], more: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", ...env, ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const running: Running = {
    child,
    said: "",
    ended: new Promise((resolve) => child.on("close", (code) => resolve(code))),
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      running.said += chunk;
    });
  }
  started.push(running);
  return running;
}

const lockstep = (...args: string[]) => launch(main, args);

async function says(running: Running, text: string): Promise<void> {
  for (let i = 0; !running.said.includes(text); i++) {
    if (i === 400 || running.child.exitCode !== null) throw new Error(`no "${text}" in:\n${running.said}`);
    await sleep(50);
  }
}

test("a process that waits for ClickHouse says so, and ends when it is told to", async () => {
  const ingest = lockstep("run", "ingest");
  await says(ingest, "waiting for ClickHouse at http://127.0.0.1:");
  const asked = Date.now();
  ingest.child.kill("SIGTERM");
  expect(await ingest.ended).toBe(0);
  expect(Date.now() - asked).toBeLessThan(3_000);
});

test("the collector needs a configuration, becomes itself, is healthy, and is alone on its data", async () => {
  const nothing = launch(main, ["run", "collector"], { LOCKSTEP_CONFIG: "" });
  expect(await nothing.ended).toBe(2);
  expect(nothing.said).toContain("--config FILE");

  expect(await lockstep("health", "collector").ended).toBe(1);
  const collector = lockstep("run", "collector");
  await says(collector, "ready collector");
  const health = lockstep("health", "collector");
  expect([await health.ended, health.said]).toEqual([0, "collector is healthy\n"]);
  const second = lockstep("run", "collector");
  expect(await second.ended).toBe(1);
  expect(second.said).toContain("is in use by another Lockstep");
  collector.child.kill("SIGTERM");
  expect(await collector.ended).toBe(0);
});

test("a listener that others can reach needs a token", async () => {
  const open = launch(main, ["run", "collector"], { LOCKSTEP_HOST: "0.0.0.0" });
  expect(await open.ended).toBe(1);
  expect(open.said).toContain("without a token");
});

test("watch waits for the schema, ingest brings it, and `migrate` finds nothing left", async () => {
  const watch = lockstep("run", "watch");
  const ingest = lockstep("run", "ingest");
  await says(ingest, "waiting for ClickHouse");
  launch(join(root, "packages/store/src/embedded/main.ts"), [], {
    LOCKSTEP_DATA: join(folder, "store"),
    UV_THREADPOOL_SIZE: "16",
  });
  await says(ingest, "migrations applied");
  await says(ingest, "ready ingest");
  await says(watch, "ready watch");
  const migrate = lockstep("migrate");
  expect([await migrate.ended, migrate.said]).toEqual([
    0,
    `database lockstep at ${env["LOCKSTEP_CLICKHOUSE_URL"]} is up to date\n`,
  ]);
  for (const { child, ended } of [watch, ingest]) {
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  }
});

test("a password that ClickHouse refuses is not waited over", async () => {
  writeFileSync(join(folder, "wrong"), "wrong-wrong-wrong-wrong");
  const migrate = launch(main, ["migrate"], { LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: join(folder, "wrong") });
  expect(await migrate.ended).toBe(78);
  expect(migrate.said).toMatch(/ClickHouse at http:\S+ refuses user lockstep/);
});
