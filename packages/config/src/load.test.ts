import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { check } from "./check.ts";
import { loadConfig, MAX_CONFIG_BYTES } from "./load.ts";

let folder = "";
const put = async (name: string, content: string | Uint8Array) => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lockstep-config-"));
  await mkdir(join(folder, "jobs"));
});
afterAll(() => rm(folder, { recursive: true }));

const errorsOf = async (path: string) => {
  const result = await loadConfig(path);
  return result.ok ? [] : result.errors.map(({ message }) => message);
};

test("files that cannot be read", async () => {
  expect(await errorsOf(join(folder, "absent.yml"))).toEqual(["no such file"]);
  expect(await errorsOf(folder)).toEqual(["this is a folder; expected a file"]);
  expect(await errorsOf(await put("latin1.yml", new Uint8Array([0x61, 0xe9])))).toEqual(["not a text in UTF-8"]);
  const large = await put("large.yml", "");
  await truncate(large, MAX_CONFIG_BYTES + 1);
  expect(await errorsOf(large)).toEqual([
    `file too large; found ${MAX_CONFIG_BYTES + 1} bytes, expected at most ${MAX_CONFIG_BYTES}`,
  ]);
});

test("scrape_config_files are read, their paths count from their own folder", async () => {
  await put("jobs/a.yml", "scrape_configs: [{job_name: a, file_sd_configs: [{files: [t.json]}]}]");
  await put("jobs/b.yml", "scrape_configs: [{job_name: b}]");
  const main = await put(
    "main.yml",
    "global: {scrape_interval: 5s}\nscrape_config_files: [jobs/*.yml]\nscrape_configs: [{job_name: m}]",
  );
  const result = await loadConfig(main);
  const configs = result.ok ? result.config.scrapeConfigs : [];
  expect(configs.map(({ jobName, scrapeIntervalMs }) => [jobName, scrapeIntervalMs])).toEqual([
    ["m", 5000],
    ["a", 5000],
    ["b", 5000],
  ]);
  expect(configs[1]?.fileSdConfigs[0]?.files).toEqual([join(folder, "jobs/t.json")]);

  await put("jobs/c.yml", "scrape_configs: [{job_name: a, schema: x}]");
  const again = await loadConfig(main);
  expect(again.ok ? [] : again.errors.map(({ file, path }) => [file, path])).toEqual([
    [join(folder, "jobs/c.yml"), "scrape_configs[0].job_name"],
    [join(folder, "jobs/c.yml"), "scrape_configs[0].schema"],
  ]);
  await rm(join(folder, "jobs/c.yml"));
});

test("check", async () => {
  const good = await put(
    "prometheus.yml",
    "rule_files: [r.yml]\nscrape_configs:\n- job_name: a\n  static_configs: [{targets: ['a:1', 'b:1']}]\n- job_name: b\n  static_configs: [{targets: ['c d']}]\n",
  );
  expect(await check(good)).toEqual({
    exitCode: 0,
    lines: [
      `warning: ${good}:1:1 rule_files: "rule_files" is known to Prometheus and ignored by Lockstep`,
      `warning: ${good}:6:30 scrape_configs[1].static_configs[0].targets: target "c d" cannot be scraped: invalid address "c d"; expected host:port`,
      "prometheus.yml is valid: 2 scrape configs, 3 static targets, 2 warnings",
    ],
  });
  const bad = await put("bad.yml", "scrape_config: []\n");
  expect(await check(bad)).toEqual({
    exitCode: 1,
    lines: [
      `error: ${bad}:1:1 scrape_config: unknown key "scrape_config"; did you mean "scrape_configs"?`,
      "bad.yml is not valid: 1 error",
    ],
  });
});
