/**
 * `npm run bench -- disk`: bytes a sample on disk after merges, on hours of the pages that `bench scrape` serves. Read by the
 * collector's reader and posted as ingest posts them, only faster than the clock; four hours at 5 s by default.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PageReader } from "@lockstep/formats/exposition/page-reader";
import { SampleBlock } from "@lockstep/formats/sample-block";
import { seriesId } from "@lockstep/formats/series-id";
import { metricId } from "@lockstep/schemas/domain/metric-id";
import { createStore, type Store } from "@lockstep/store/client";
import { migrate } from "@lockstep/store/migrate";
import { z } from "zod";
import { page } from "./pages.ts";
import { freePort } from "./ports.ts";

export type DiskBenchOptions = { readonly targets: number; readonly intervalSeconds: number; readonly hours: number };

const ROOT = join(import.meta.dirname, "../..");
const SCRAPES_A_POST = 4;

export async function benchDisk(options: DiskBenchOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-disk-"));
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, randomBytes(24).toString("hex"), { mode: 0o600 });
  mkdirSync(join(folder, "clickhouse"));
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = { LOCKSTEP_DATA: folder, LOCKSTEP_CLICKHOUSE_URL: url, LOCKSTEP_CLICKHOUSE_PASSWORD_FILE: passwordFile };
  const server = spawn(process.execPath, [join(ROOT, "packages/store/src/embedded/main.ts")], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    await new Promise((resolve) => server.stdout.once("data", resolve));
    const { storeOptionsFromEnv } = await import("@lockstep/store/client");
    const { processEnv } = await import("@lockstep/schemas/process/env");
    const storeOptions = storeOptionsFromEnv(processEnv.parse(env));
    await migrate(storeOptions);
    const store = createStore(storeOptions);
    await fill(store, options);
    await report(store);
    await store.close();
  } finally {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All scrapes on the interval's grid, as the collector has them where its timers are not more than 10 ms late. */
async function fill(store: Store, { targets, intervalSeconds, hours }: DiskBenchOptions): Promise<void> {
  const readers = Array.from({ length: targets }, (_, n) => readerOf(n));
  const scrapes = Math.floor((hours * 3600) / intervalSeconds);
  const begin = Math.floor(Date.now() / 86_400_000) * 86_400_000;
  const post = new SampleBlock(targets * 330 * SCRAPES_A_POST);
  const one = new SampleBlock(512);
  for (let scrape = 0; scrape < scrapes; scrape++) {
    readers.forEach((reader, n) => {
      const at = begin + scrape * intervalSeconds * 1000 + Math.floor((n / targets) * intervalSeconds * 1000);
      one.reset();
      reader.begin(at, one);
      reader.feed(Buffer.from(page(String(n), at)));
      reader.finish();
      reader.sent(reader.unsent.length);
      post.append(one);
    });
    if (scrape % SCRAPES_A_POST !== SCRAPES_A_POST - 1) continue;
    await store.insertNative("samples", post.encode(), { token: `bench/${scrape}` });
    post.reset();
  }
}

function readerOf(n: number): PageReader {
  return new PageReader({
    resolve: (labels) => {
      labels.set("instance", `node-${n}`);
      return { labels, metric: metricId(labels.get("__name__") ?? ""), ...seriesId(labels), blanks: true };
    },
    honorTimestamps: true,
    maxSamples: 500_000,
    sampleLimit: 0,
    maxLineBytes: 2 ** 20,
    strict: false,
  });
}

async function report(store: Store): Promise<void> {
  await store.command("OPTIMIZE TABLE samples FINAL");
  const columns = await store.read({
    name: "bench_disk",
    sql: `SELECT column, sum(column_bytes_on_disk) AS bytes, sum(rows) AS samples
FROM system.parts_columns WHERE table = 'samples' AND active GROUP BY column ORDER BY bytes DESC`,
    params: {},
    row: z.object({ column: z.string(), bytes: z.coerce.number(), samples: z.coerce.number() }),
  });
  const samples = columns[0]?.samples ?? 0;
  const total = columns.reduce((sum, { bytes }) => sum + bytes, 0);
  process.stdout.write(`${(total / samples).toFixed(3)} bytes a sample on disk after merges (${samples} samples)\n`);
  for (const { column, bytes } of columns) process.stdout.write(`  ${(bytes / samples).toFixed(3)}  ${column}\n`);
}
