import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig } from "@lockstep/config/parse";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createDiscovery, type Discovery } from "./discovery.ts";

type Seen = { urls: string[]; problems: string[]; dropped: number };

let folder = "";
let discovery: Discovery | undefined;
let calls: [pool: string, seen: Seen][] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-discover-"));
  calls = [];
});
afterEach(async () => {
  await discovery?.stop();
  await rm(folder, { recursive: true });
});

async function start(yaml: string, pollMs = 30): Promise<void> {
  const result = parseConfig(yaml, join(folder, "prometheus.yml"));
  if (!result.ok) {
    throw new Error(JSON.stringify(result.errors));
  }
  discovery = createDiscovery({
    scrapeConfigs: result.config.scrapeConfigs,
    pollMs,
    log: { warn: () => {}, error: (fields) => expect.unreachable(JSON.stringify(fields)) },
    onTargets: (pool, targets, problems, dropped) => {
      const urls = targets.map(({ url }) => new URL(url).host).sort();
      calls.push([
        pool,
        { urls, problems: problems.map(({ message }) => message.replaceAll(`${folder}/`, "")), dropped },
      ]);
    },
  });
  await discovery.start();
}

const seen = (pool: string) => calls.findLast(([name]) => name === pool)?.[1];
const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 20 });
const put = (name: string, text: string) => writeFile(join(folder, name), text);
const targets = (...list: string[]) => JSON.stringify([{ targets: list, labels: { rack: "1" } }]);

test("static groups at once, a pool without targets too", async () => {
  await start(
    "scrape_configs: [{job_name: a, static_configs: [{targets: ['x:1']}, {targets: ['y:1']}]}, {job_name: b}]",
  );
  expect(seen("a")).toEqual({ urls: ["x:1", "y:1"], problems: [], dropped: 0 });
  expect(seen("b")).toEqual({ urls: [], problems: [], dropped: 0 });
});

test("dropped targets and those that cannot be scraped", async () => {
  const rule = "relabel_configs: [{action: drop, source_labels: [__address__], regex: 'd.*'}]";
  await start(`scrape_configs: [{job_name: a, static_configs: [{targets: ['x:1', 'd:1', 'a/b']}], ${rule}}]`);
  expect(seen("a")).toEqual({
    urls: ["x:1"],
    problems: ['static_configs[0] target "a/b": "a/b" is a URL; expected host:port'],
    dropped: 1,
  });
});

test.each([
  ["watched", 60_000],
  ["polled", 30],
])("files come, change, break and go: %s", async (_, pollMs) => {
  await start("scrape_configs: [{job_name: a, file_sd_configs: [{files: ['t*.json', u.yml]}]}]", pollMs);
  const noFiles = [
    "t*.json: no such file yet; its targets come when it does",
    "u.yml: no such file yet; its targets come when it does",
  ];
  expect(seen("a")).toEqual({ urls: [], problems: noFiles, dropped: 0 });

  await put("t1.json", targets("x:1"));
  await put("u.yml", "- targets: [y:1]\n  labels: {rack: 07}\n");
  await until(() => expect(seen("a")).toEqual({ urls: ["x:1", "y:1"], problems: [], dropped: 0 }));

  await put("tmp", targets("x:1", "z:1"));
  await rename(join(folder, "tmp"), join(folder, "t1.json"));
  await until(() => expect(seen("a")?.urls).toEqual(["x:1", "y:1", "z:1"]));

  await put("t1.json", '[{"targets": ["x:1"');
  await put("u.yml", "- targets: [y:1]\n  label: {}\n");
  await until(() => expect(seen("a")?.problems).toHaveLength(2));
  expect(seen("a")?.urls).toEqual(["x:1", "y:1", "z:1"]);
  expect(seen("a")?.problems[0]).toMatch(/^t1.json: not valid JSON: .*; its last good targets are kept$/);
  expect(seen("a")?.problems[1]).toBe(
    'u.yml:2:3 [0].label: unknown key "label"; did you mean "labels"?; its last good targets are kept',
  );

  await put("t1.json", targets("w:1"));
  await rm(join(folder, "u.yml"));
  await until(() => expect(seen("a")?.urls).toEqual(["w:1"]));
});

test("nothing is told after stop", async () => {
  await start("scrape_configs: [{job_name: a, file_sd_configs: [{files: [t.json]}]}]");
  await discovery?.stop();
  const before = calls.length;
  await put("t.json", targets("x:1"));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(calls).toHaveLength(before);
});
