/** Every recorded page, served, scraped and read back through the API, gives exactly what it says. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { activeTargets, isScrapeMetric, numberOf, queryInstant, type VectorSample } from "../src/prometheus-api.ts";
import { labelsKey, type ReadPage, readReference } from "../src/reference-reader.ts";
import { type StaticExporter, serveStatic } from "../src/static-exporter.ts";
import { root, type System, startSystem } from "../src/system.ts";

const samples = join(root, "../shared/samples");
const folders = ["dcgm", "gpu_exporters", "node_ib", "model_servers"];
const files = existsSync(samples)
  ? folders.flatMap((folder) =>
      readdirSync(join(samples, folder))
        .filter((name) => /\.(prom|txt)$/.test(name))
        .map((name) => `${folder}/${name}`),
    )
  : [];

describe("recorded pages", () => {
  if (files.length === 0) {
    test("every file", ({ skip }) => skip(`no recordings: ${samples} is not there`));
    return;
  }
  let exporter: StaticExporter;
  let system: System;

  beforeAll(async () => {
    exporter = await serveStatic(new Map(files.map((file) => [`/${file}`, readFileSync(join(samples, file))])));
    system = await startSystem({ config: configOf(exporter.address) });
    await system.ready();
    // Two scrapes of each: the second goes through the remembered lines of the first.
    const behind = async () => (await scraped(system)).filter((count) => count < 2).length;
    await vi.waitFor(async () => expect(await behind()).toBe(0), { timeout: 60_000, interval: 500 });
  });
  afterAll(async () => {
    await system?.stop();
    await exporter?.close();
  });

  test.each(files)("%s", async (file) => {
    const expected = readReference(readFileSync(join(samples, file), "utf8"), {
      job: file,
      instance: exporter.address,
    });
    const all = await queryInstant(system.url, `{job=${JSON.stringify(file)}}`);
    const found = all.filter(({ metric }) => !isScrapeMetric(metric["__name__"]));
    compare(found, expected);

    const own = new Map(all.map(({ metric, value }) => [metric["__name__"], numberOf(value[1])]));
    expect(own.get("up")).toBe(1);
    expect(own.get("scrape_samples_post_metric_relabeling")).toBeGreaterThanOrEqual(expected.values.size);
    const row = await targetRow(system, file);
    expect(row.bad_lines, row.bad_line_example).toBe(expected.badLines.length);
    if (expected.badLines.length > 0) expect(row.bad_line_example).toContain(`line ${expected.badLines[0]}`);
  });

  test("the targets page knows all of them as up", async () => {
    const targets = await activeTargets(system.url);
    expect(targets.map(({ labels, health }) => [labels["job"], health]).sort()).toEqual(
      files.map((file) => [file, "up"]).sort(),
    );
  });
});

function configOf(address: string): string {
  const jobs = files.map(
    (file) => `  - job_name: ${file}\n    metrics_path: /${file}\n    static_configs: [{ targets: ["${address}"] }]`,
  );
  return `global: { scrape_interval: 2s, scrape_timeout: 2s }\nscrape_configs:\n${jobs.join("\n")}\n`;
}

function compare(found: readonly VectorSample[], expected: ReadPage): void {
  const values = new Map(found.map(({ metric, value }) => [labelsKey(Object.entries(metric)), numberOf(value[1])]));
  expect(
    [...expected.values.keys()].filter((key) => !values.has(key)),
    "series of the page that are missing",
  ).toEqual([]);
  expect(
    [...values.keys()].filter((key) => !expected.values.has(key)),
    "series that are not in the page",
  ).toEqual([]);
  const differing = [...expected.values].filter(([key, value]) => !Object.is(values.get(key), value));
  expect(
    differing.map(([key, value]) => ({ key, value, found: values.get(key) })),
    "values that differ",
  ).toEqual([]);
  expect(
    [...expected.blanks].filter((key) => values.has(key)),
    "blank sentinels that became values",
  ).toEqual([]);
}

/** Scrapes stored so far, by target. */
async function scraped(system: System): Promise<number[]> {
  const store = system.store();
  try {
    const rows = await store.read({
      name: "e2e_scrapes_by_target",
      sql: `SELECT uniqExact(ts) AS scrapes FROM samples
        WHERE series IN (SELECT series FROM series WHERE metric = 'up') GROUP BY series`,
      params: {},
      row: z.object({ scrapes: z.coerce.number() }),
    });
    return Array.from({ length: files.length }, (_, index) => rows[index]?.scrapes ?? 0);
  } finally {
    await store.close();
  }
}

async function targetRow(system: System, job: string) {
  const store = system.store();
  try {
    const [row] = await store.read({
      name: "e2e_target",
      sql: "SELECT bad_lines, bad_line_example FROM targets FINAL WHERE scrape_pool = {job:String}",
      params: { job },
      row: z.object({ bad_lines: z.coerce.number(), bad_line_example: z.string() }),
    });
    if (row === undefined) throw new Error(`no target ${job}`);
    return row;
  } finally {
    await store.close();
  }
}
