import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { clusterGpuSeries } from "./cluster-gpu-series.ts";
import { clusterProcesses } from "./cluster-processes.ts";
import { clusterUp } from "./cluster-up.ts";
import { fleetHistory } from "./fleet-history.ts";
import { fleetNow } from "./fleet-now.ts";
import { fleetSpells } from "./fleet-spells.ts";
import { gpuBits } from "./gpu-bits.ts";
import { gpuGrid, gridWindowMs } from "./gpu-grid.ts";
import { gpuLastSample } from "./gpu-last-sample.ts";
import { MAX_SERIES_PARAMS } from "./gpu-named-series.ts";
import { gpuSeries } from "./gpu-series.ts";
import type { Query } from "./query.ts";
import { targetsNow } from "./targets-now.ts";

const AT = 1_800_000_000_000;
const GRID = { fromMs: AT - 3_600_000, toMs: AT, stepMs: 15_000 };
const METRICS = ["DCGM_FI_DEV_GPU_TEMP"];
const ONE = { series: [{ metric: "DCGM_FI_DEV_GPU_TEMP", series: "42" }] };
const FOLDER = new URL("./golden/", import.meta.url);

const QUERIES: Readonly<Record<string, Query<unknown>>> = {
  "cluster-gpu-series": clusterGpuSeries({ metrics: METRICS, atMs: AT, windowMs: 86_400_000 }),
  "cluster-processes": clusterProcesses(),
  "cluster-up": clusterUp({ atMs: AT }),
  "fleet-history": fleetHistory({ metric: "DCGM_FI_DEV_GPU_TEMP", grid: GRID }),
  "fleet-now": fleetNow({ metrics: METRICS, atMs: AT }),
  "fleet-spells-bits": fleetSpells({ scope: ONE, condition: { kind: "bits", bits: 0x60 }, grid: GRID }),
  "fleet-spells-non-zero": fleetSpells({ scope: ONE, condition: { kind: "nonZero" }, grid: GRID }),
  "fleet-spells-zero": fleetSpells({ scope: { metrics: ["up"] }, condition: { kind: "zero" }, grid: GRID }),
  "gpu-bits": gpuBits({ ...ONE, grid: GRID }),
  "gpu-grid-last": gpuGrid({ kind: "last", ...ONE, grid: GRID }),
  "gpu-grid-rate": gpuGrid({ kind: "rate", ...ONE, grid: GRID }),
  "gpu-last-sample": gpuLastSample({ ...ONE, atMs: AT, windowMs: 86_400_000 }),
  "gpu-series": gpuSeries({ uuid: "GPU-it's" }),
  "targets-now": targetsNow(),
};

/** The SQL and its parameters as a person reads them; UPDATE_GOLDEN=1 writes them anew. */
function rendered(query: Query<unknown>): string {
  const params = Object.entries(query.params).map(([name, value]) => `-- ${name} = ${JSON.stringify(value)}\n`);
  return `-- ${query.name}\n${params.join("")}${query.sql}\n`;
}

test.each(Object.entries(QUERIES))("%s is as its golden file", (name, query) => {
  const file = new URL(`${name}.sql`, FOLDER);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, rendered(query));
  }
  expect(rendered(query)).toBe(readFileSync(file, "utf8"));
});

test.each(Object.entries(QUERIES))("%s declares every parameter it uses, and uses each", (_, query) => {
  const used = new Set([...query.sql.matchAll(/\{(\w+):[^}]+\}/g)].map((match) => match[1]));
  expect([...used].sort()).toEqual(Object.keys(query.params).sort());
});

test("series ids never outgrow a request line", () => {
  const many = Array.from({ length: 5000 }, () => ({ metric: "m", series: "18446744073709551615" }));
  const { metrics, series } = gpuLastSample({ series: many, atMs: AT, windowMs: 1 }).params;
  expect(series).toHaveLength(MAX_SERIES_PARAMS);
  expect(metrics).toHaveLength(MAX_SERIES_PARAMS);
  // Node's servers take 16 KiB of request line and headers together.
  const text = `['${(series as string[]).join("','")}'][${(metrics as number[]).map(() => 4_294_967_295).join(",")}]`;
  expect(encodeURIComponent(text).length).toBeLessThan(15_000);
});

test("a rate's window spans more than one step, a level's the lookback", () => {
  expect(gridWindowMs("rate", 15_000)).toBe(120_000);
  expect(gridWindowMs("rate", 600_000)).toBe(1_800_000);
  expect(gridWindowMs("last", 15_000)).toBe(300_000);
});
