import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { StartOptions } from "./options.ts";
import { freePort, prepareDataFolder } from "./preflight.ts";
import type { StartError } from "./start-error.ts";
import { System } from "./system.ts";

const scripts = [
  "packages/store/src/embedded/main.ts",
  "demo/src/main.ts",
  "collector/src/main.ts",
  "ingest/src/main.ts",
  "watch/src/main.ts",
  "node_modules/next/dist/bin/next",
];

let root: string;
let journal: string;
let system: System;
let fatal: StartError[];
let options: StartOptions;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "lockstep-system-"));
  journal = join(root, "journal");
  mkdirSync(join(root, "web"));
  for (const script of scripts) {
    mkdirSync(dirname(join(root, script)), { recursive: true });
    cpSync(join(import.meta.dirname, "testdata/fake-process.mjs"), join(root, script));
  }
  process.env["FAKE_JOURNAL"] = journal;
  options = {
    source: { kind: "demo" },
    data: join(root, "data"),
    host: "127.0.0.1",
    port: await freePort(),
    receivePort: await freePort(),
    demoPort: await freePort(),
    tokenFile: undefined,
    metricsPort: 0,
    deployment: {},
    kafka: undefined,
    clickhouse: undefined,
  };
  prepareDataFolder(options.data);
  fatal = [];
});
afterEach(async () => {
  await system?.stop();
  rmSync(root, { recursive: true, force: true });
});

function create(migrate: () => Promise<number> = async () => 2): { printed: string[] } {
  const printed: string[] = [];
  const print = (line: string) => printed.push(line);
  system = new System(options, root, { print, migrate, now: Date.now, onFatal: (error) => fatal.push(error) });
  return { printed };
}

const events = () => readFileSync(journal, "utf8").trim().split("\n");

test("each process starts after what it needs and stops before it", async () => {
  const { printed } = create();
  await system.start();
  expect(printed.map((line) => line.trim().split(/\s+/)[0]).sort()).toEqual([
    "collector",
    "demo",
    "ingest",
    "schema",
    "store",
    "watch",
    "web",
  ]);
  const up = events();
  expect(up.indexOf("demo up")).toBeLessThan(up.indexOf("collector up"));
  expect(up.indexOf("store up")).toBeLessThan(up.indexOf("ingest up"));
  expect(up.indexOf("store up")).toBeLessThan(up.indexOf("watch up"));
  await system.stop();
  const stops = events()
    .filter((event) => event.endsWith("stops"))
    .map((event) => event.split(" ")[0]);
  expect(stops.slice(0, 3).sort()).toEqual(["collector", "demo", "next"]);
  expect(stops.slice(3, 5).sort()).toEqual(["ingest", "watch"]);
  expect(stops.slice(5)).toEqual(["store"]);
});

test("without the simulated cluster there is no demo, and without a file nothing to scrape", async () => {
  options = { ...options, source: { kind: "none" } };
  create();
  await system.start();
  expect(events()).not.toContain("demo up");
  expect(readFileSync(join(options.data, "run/no-targets.yml"), "utf8")).toContain("scrape_configs: []");
});

test("with a ClickHouse of someone else's no store is started, and its address and password file are passed on", async () => {
  options = { ...options, clickhouse: { url: "http://ch:8123", user: "u", passwordFile: "/p" } };
  create();
  await system.start();
  expect(events()).not.toContain("store up");
  expect(JSON.parse(readFileSync(join(options.data, "run/environment.json"), "utf8"))).toMatchObject({
    LOCKSTEP_CLICKHOUSE_URL: "http://ch:8123",
    LOCKSTEP_CLICKHOUSE_USER: "u",
    LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: "/p",
  });
});

test("the store's password is for the owner only and survives the next start", async () => {
  const path = join(options.data, "secrets/clickhouse-password");
  create();
  await system.start();
  await system.stop();
  const password = readFileSync(path, "utf8");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(password).toMatch(/^[0-9a-f]{64}\n$/);
  create();
  await system.start();
  expect(readFileSync(path, "utf8")).toBe(password);
});

test("a stop in the middle of the start ends everything", async () => {
  create();
  const starting = system.start();
  await system.stop();
  await expect(starting).rejects.toThrow("was stopped before it was up");
  expect(fatal).toEqual([]);
});

test("a schema that cannot be migrated fails the start", async () => {
  create(() => Promise.reject(new Error("0003 has changed since it was applied")));
  await expect(system.start()).rejects.toThrow("0003 has changed");
});
