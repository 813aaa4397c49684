/** Histograms of model servers as they were scraped, made windows of on the real engine: restarts, late scrapes, a new leader. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { metricId } from "@lockstep/schemas/domain/metric-id";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type Engine, newWatch, startEngine } from "./model-world.ts";

const WINDOW = 60_000;
const SCRAPE = 15_000;
const AT = Math.floor(Date.now() / WINDOW) * WINDOW - 30 * WINDOW;
const EDGES = ["10.0", "100.0", "+Inf"];
const folder = mkdtempSync(join(tmpdir(), "lockstep-observed-"));
const config = join(folder, "prometheus.yml");
let engine: Engine;

beforeAll(async () => {
  writeFileSync(
    config,
    "lockstep: {models: [{preset: vllm, replica_label: pod, window: 1m}, {model: rank, window: 1m, match: {job: rank}, histograms: [{metric: score, feature: score, kind: score}]}]}\n",
  );
  engine = await startEngine();
}, 60_000);

afterAll(async () => {
  await engine?.end();
  rmSync(folder, { recursive: true, force: true });
});

function idOf(labels: Readonly<Record<string, string>>): number {
  let hash = 7;
  for (const char of JSON.stringify(Object.entries(labels).sort()))
    hash = (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0;
  return hash;
}

/** One scrape of a histogram; `counts` are cumulative. */
async function scrape(name: string, labels: Record<string, string>, ts: number, counts: readonly number[]) {
  const buckets = EDGES.map((le, at) => ({ metric: `${name}_bucket`, labels: { ...labels, le }, value: counts[at]! }));
  const sum = { metric: `${name}_sum`, labels, value: 10 * counts.at(-1)! };
  const all = [...buckets, sum].map((each) => ({ ...each, labels: { ...each.labels, __name__: each.metric } }));
  await engine.store.insertRows(
    "series",
    all.map(({ metric, labels: of }) => ({ metric, series: idOf(of), labels: of, first_seen: ts, last_seen: ts })),
  );
  await engine.store.insertRows(
    "samples",
    all.map(({ metric, labels: of, value }) => ({ metric: metricId(metric), series: idOf(of), ts, m: value, e: 0 })),
  );
}

const row = z.object({
  model: z.string(),
  replica: z.string(),
  feature: z.string(),
  window: z.number(),
  counts: z.array(z.number()),
  sum: z.number().nullable(),
  rows: z.number(),
});

async function stored() {
  const sql = `SELECT model, replica, feature, intDiv(toUnixTimestamp64Milli(any(until)) - {at:Int64}, 60000) AS window,
    any(counts) AS counts, any(sum) AS sum, toFloat64(count()) AS rows
    FROM histograms FINAL WHERE source = 'prometheus' GROUP BY model, replica, feature, until ORDER BY model, replica, feature, window`;
  return engine.store.read({ name: "stored", sql, params: { at: AT }, row });
}

const OF = { model_name: "llama", pod: "pod-0", instance: "10.0.0.1:8000" };

test("windows of what was scraped", { timeout: 120_000 }, async () => {
  const name = "vllm:request_prompt_tokens";
  // A request of each size and scrape; the server of pod-0 begins anew in the third window.
  for (let at = 0; at <= 16; at++) {
    const ts = AT + at * SCRAPE;
    const since = at < 10 ? at + 1 : at - 9;
    await scrape(name, OF, ts, [since, 2 * since, 3 * since]);
    await scrape("score", { job: "rank" }, ts, [at, at, at]);
    await scrape("score", { job: "other" }, ts, [at, at, at]);
  }
  const watch = newWatch(engine.store, config);
  await watch.run(AT + 4 * WINDOW + 35_000);
  const expected = [1, 2, 3, 4].flatMap((window) => [
    { model: "llama", replica: "pod-0", feature: "prompt_tokens", window, counts: [4, 4, 4], sum: 120, rows: 1 },
  ]);
  const scores = [1, 2, 3, 4].map((window) => {
    return { model: "rank", replica: "", feature: "score", window, counts: [4, 0, 0], sum: 40, rows: 1 };
  });
  expect(await stored()).toEqual([...expected, ...scores]);
  expect([...(await watch.detection.modelSettings()).keys()].sort()).toEqual(["llama", "rank"]);

  // Another one leads after a pause: the same windows, and those that nobody made.
  for (let at = 17; at <= 40; at++) await scrape(name, OF, AT + at * SCRAPE, [at - 9, 2 * (at - 9), 3 * (at - 9)]);
  const next = newWatch(engine.store, config);
  await next.run(AT + 10 * WINDOW + 35_000);
  const all = (await stored()).filter(({ model }) => model === "llama");
  expect(all.map(({ window, counts, rows }) => [window, counts, rows])).toEqual(
    Array.from({ length: 10 }, (_, at) => [at + 1, [4, 4, 4], 1]),
  );

  // Scrapes that come five minutes late are counted when the window is looked at again.
  await scrape(name, { ...OF, pod: "pod-1" }, AT + 10 * WINDOW, [1, 1, 1]);
  await scrape(name, { ...OF, pod: "pod-1" }, AT + 10 * WINDOW + SCRAPE, [3, 3, 3]);
  for (let window = 11; window <= 17; window++) await next.run(AT + window * WINDOW + 35_000);
  const late = (await stored()).filter(({ replica }) => replica === "pod-1");
  expect(late.map(({ window, counts }) => [window, counts])).toEqual([[11, [2, 0, 0]]]);
});
