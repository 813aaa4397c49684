/** Targets that answer badly harm neither the collector nor the targets beside them. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { NumberedExporter } from "../src/exporter.ts";
import { hostilePaths, rawAnswers, serveHostile, serveRaw } from "../src/hostile-exporter.ts";
import { activeTargets, numberOf, queryInstant } from "../src/prometheus-api.ts";
import { startSystem } from "../src/system.ts";

const RUN_MS = 25_000;
const COLLECTOR_LIMIT_BYTES = 700 * 1024 * 1024;
/** A byte too many is no reason to drop the page that came before it. */
const mayBeUp = new Set(["raw-long", "/garbage"]);

test("hostile targets", async () => {
  const hostile = await serveHostile();
  const raw = await Promise.all(
    Object.entries(rawAnswers).map(async ([name, answer]) => ({ name, server: await serveRaw(answer) })),
  );
  const good = new NumberedExporter();
  const goodAddress = await good.listen();
  const jobs = [
    { job: "good", path: "/metrics", address: goodAddress },
    ...Object.keys(hostilePaths).map((path) => ({ job: path, path, address: hostile.address })),
    ...raw.map(({ name, server }) => ({ job: `raw-${name}`, path: "/metrics", address: server.address })),
  ];
  const system = await startSystem({ config: configOf(jobs) });
  try {
    await system.ready();
    const collector = system.pidOf("collector")!;
    await sleep(RUN_MS);

    expect(system.pidOf("collector"), system.output).toBe(collector);
    expect(peakBytes(collector)).toBeLessThan(COLLECTOR_LIMIT_BYTES);

    const health = new Map((await activeTargets(system.url)).map((target) => [target.labels["job"], target]));
    for (const { job } of jobs.slice(1)) {
      const target = health.get(job);
      expect(target, `${job} on the targets page`).toBeDefined();
      if (mayBeUp.has(job)) continue;
      expect([job, target?.health], target?.lastError).toEqual([job, "down"]);
      expect(target?.lastError, job).not.toBe("");
    }

    expect(health.get("good")?.health).toBe("up");
    const pages = good.served.length;
    expect(pages).toBeGreaterThan(RUN_MS / 1000 - 4);
    const [page] = await queryInstant(system.url, 'numbered_page{job="good"}');
    expect(numberOf(page?.value[1] ?? "NaN")).toBeGreaterThan(pages - 4);
    const up = await queryInstant(system.url, "up");
    expect(up.filter(({ metric }) => metric["job"] === "good").map(({ value }) => value[1])).toEqual(["1"]);
  } finally {
    await system.stop();
    await Promise.all([hostile.close(), good.close(), ...raw.map(({ server }) => server.close())]);
  }
}, 150_000);

function configOf(jobs: readonly { job: string; path: string; address: string }[]): string {
  const lines = jobs.map(
    ({ job, path, address }) =>
      `  - job_name: "${job}"\n    metrics_path: "${path}"\n    static_configs: [{ targets: ["${address}"] }]`,
  );
  return `global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs:\n${lines.join("\n")}\n`;
}

/** The most memory the process has ever held. */
function peakBytes(pid: number): number {
  const kibibytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kibibytes) * 1024;
}
