/** kill -9 of any process at any moment: counted against each target's own record, every page is stored whole and once. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "@lockstep/store/client";
import { expect, test } from "vitest";
import { z } from "zod";
import { NumberedExporter } from "../src/exporter.ts";
import { judge, whenSettled } from "../src/stored-pages.ts";
import { type ProcessName, type System, startSystem } from "../src/system.ts";

const TARGETS = 5;
const KILLS = 25;
const victims: readonly ProcessName[] = ["collector", "ingest", "store", "watch", "web"];

test(`${KILLS} kills while ${TARGETS} targets are scraped every second lose and double nothing`, async () => {
  const exporters = Array.from({ length: TARGETS }, () => new NumberedExporter());
  const addresses = await Promise.all(exporters.map((exporter) => exporter.listen()));
  const system = await startSystem({ config: configOf(addresses) });
  try {
    await system.ready();
    const collectorKills = await killLoop(system);
    await expect
      .poll(() => victims.map((name) => system.pidOf(name) !== undefined), { timeout: 30_000 })
      .not.toContain(false);
    await sleep(4_000);
    await Promise.all(exporters.map((exporter) => exporter.close()));

    const store = system.store();
    try {
      const stored = await whenSettled(store);
      const pagesOf = (index: number) => stored.get(addresses[index]!) ?? new Map();
      const served = exporters.reduce((sum, exporter) => sum + exporter.served.length, 0);
      const kept = exporters.reduce((sum, _, index) => sum + pagesOf(index).size, 0);
      process.stdout.write(
        `  ${KILLS} kills, ${collectorKills.length} of the collector: ${served} pages served, ${kept} stored\n`,
      );
      for (const [index, exporter] of exporters.entries()) check(exporter, pagesOf(index), collectorKills);
      expect(await doubledSamples(store)).toBe(0);
    } finally {
      await store.close();
    }
  } finally {
    await Promise.all(exporters.map((exporter) => exporter.close()));
    await system.stop();
  }
}, 240_000);

function configOf(addresses: readonly string[]): string {
  const targets = addresses.map((address) => JSON.stringify(address)).join(", ");
  return `global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n  - job_name: numbered\n    static_configs:\n      - targets: [${targets}]\n`;
}

/** Kills the victims in turn, at moments that drift against the scrapes. Resolves with when the collector was killed. */
async function killLoop(system: System): Promise<number[]> {
  const collectorKills: number[] = [];
  let kills = 0;
  for (let turn = 0; kills < KILLS; turn++) {
    const name = victims[turn % victims.length]!;
    await sleep(700 + ((turn * 137) % 600));
    const pid = system.pidOf(name);
    if (pid === undefined) continue; // Still in its back-off.
    process.kill(pid, "SIGKILL");
    kills += 1;
    if (name === "collector") collectorKills.push(Date.now());
  }
  return collectorKills;
}

async function doubledSamples(store: Store): Promise<number> {
  const [row] = await store.read({
    name: "e2e_doubled_samples",
    sql: "SELECT count() AS doubled FROM (SELECT series, ts FROM samples GROUP BY series, ts HAVING count() > 1)",
    params: {},
    row: z.object({ doubled: z.coerce.number() }),
  });
  return row?.doubled ?? Number.NaN;
}

function check(
  exporter: NumberedExporter,
  pages: ReadonlyMap<number, { samples: number; lines: number }>,
  kills: number[],
) {
  const { served, stored, notWhole, lost } = judge(exporter, pages, { collectorKills: kills });
  expect(notWhole, "pages stored in part or more than once").toEqual([]);
  expect(lost, "pages lost without a kill of the collector while they were in flight").toEqual([]);
  expect(stored).toBeGreaterThan(served / 2);
}
