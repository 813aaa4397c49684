/** kill -9 of any process at any moment: counted against each target's own record, every page is stored whole and once. */
import { setTimeout as sleep } from "node:timers/promises";
import { SAMPLE_VALUE } from "@lockstep/schemas/queries/sample-value";
import type { Store } from "@lockstep/store/client";
import { expect, test } from "vitest";
import { z } from "zod";
import { NumberedExporter, VALUES_PER_PAGE } from "../src/exporter.ts";
import { type ProcessName, type System, startSystem } from "../src/system.ts";

const TARGETS = 5;
const KILLS = 25;
const victims: readonly ProcessName[] = ["collector", "ingest", "store", "watch", "web"];
/** A page is taken in long before the next one is asked for. */
const IN_FLIGHT_MS = 1_000;
/** One sample of each metric line, and the page's number. */
const SAMPLES_PER_PAGE = VALUES_PER_PAGE + 1;

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
      for (const [index, exporter] of exporters.entries()) judge(exporter, pagesOf(index), collectorKills);
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

const storedRow = z.object({
  instance: z.string(),
  page: z.coerce.number(),
  samples: z.coerce.number(),
  lines: z.coerce.number(),
});

/** By target and page: how many samples of it are stored, and of how many different lines. */
type Stored = Map<string, Map<number, { samples: number; lines: number }>>;

async function readStored(store: Store): Promise<Stored> {
  const rows = await store.read({
    name: "e2e_numbered_pages",
    sql: `
      SELECT labels['instance'] AS instance,
        toUInt64(if(name = 'numbered_page', value, intDiv(value, 1000))) AS page,
        count() AS samples, uniqExact(series) AS lines
      FROM (SELECT series, ${SAMPLE_VALUE} AS value FROM samples WHERE isFinite(value)) AS s
      INNER JOIN (SELECT series, any(labels) AS labels, labels['__name__'] AS name FROM series GROUP BY series) AS l USING series
      WHERE name LIKE 'numbered\\_%'
      GROUP BY instance, page`,
    params: {},
    row: storedRow,
  });
  const stored: Stored = new Map();
  for (const { instance, page, samples, lines } of rows) {
    const pages = stored.get(instance) ?? new Map();
    stored.set(instance, pages.set(page, { samples, lines }));
  }
  return stored;
}

/** What is stored once ingest has moved everything on: the same three times, a second apart. */
async function whenSettled(store: Store): Promise<Stored> {
  let same = 0;
  let last = "";
  for (;;) {
    const stored = await readStored(store);
    const text = JSON.stringify([...stored].map(([instance, pages]) => [instance, [...pages]]).sort());
    same = text === last ? same + 1 : 0;
    if (same === 3) return stored;
    last = text;
    await sleep(1_000);
  }
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

function judge(
  exporter: NumberedExporter,
  pages: Map<number, { samples: number; lines: number }>,
  kills: number[],
): void {
  const notWhole = [...pages].filter(
    ([, { samples, lines }]) => samples !== SAMPLES_PER_PAGE || lines !== SAMPLES_PER_PAGE,
  );
  expect(notWhole, "pages stored in part or more than once").toEqual([]);
  // Each kill of the collector excuses one page of this target: the one it was about to take in.
  const excuses = new Set(kills);
  const lost = exporter.served.filter(({ sequence, at }) => {
    if (pages.has(sequence)) return false;
    const excuse = [...excuses].find((kill) => kill - at >= -100 && kill - at <= IN_FLIGHT_MS);
    return excuse === undefined || !excuses.delete(excuse);
  });
  expect(lost, "pages lost without a kill of the collector while they were in flight").toEqual([]);
  expect(pages.size).toBeGreaterThan(exporter.served.length / 2);
}
