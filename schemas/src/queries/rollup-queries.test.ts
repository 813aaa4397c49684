import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { QueryParams } from "./query.ts";
import { type KeyRange, metricsOfBucket, rollupBuild, rollupLoad } from "./rollup-build.ts";
import { alignedToRollup, rollupGrid } from "./rollup-grid.ts";
import { FIVE_MINUTES, ONE_HOUR, rollupLevelOf } from "./rollup-levels.ts";
import { rollupPending, storeClock } from "./rollup-marks.ts";

const AT = 1_800_000_000;
const RANGE = { since: AT, until: AT + 3600 };
const KEYS: KeyRange = { metrics: [0, 4_294_967_295], series: ["0", "18446744073709551615"] };
const SERIES = [{ metric: "DCGM_FI_DEV_GPU_TEMP", series: "42" }];
const GRID = { fromMs: AT * 1000, toMs: AT * 1000 + 86_400_000, stepMs: 7_200_000 };
const FOLDER = new URL("./golden/", import.meta.url);

type Named = { readonly name: string; readonly sql: string; readonly params: QueryParams };

const QUERIES: Readonly<Record<string, Named>> = {
  "rollup-build-5m": rollupBuild(FIVE_MINUTES, RANGE, KEYS),
  "rollup-build-1h": rollupBuild(ONE_HOUR, RANGE, KEYS),
  "rollup-load-5m": rollupLoad(FIVE_MINUTES, RANGE),
  "rollup-load-1h": rollupLoad(ONE_HOUR, RANGE),
  "rollup-pending": rollupPending(),
  "rollup-store-clock": storeClock(),
  "rollup-grid-avg": rollupGrid({ kind: "avg", series: SERIES, grid: GRID }),
  "rollup-grid-last": rollupGrid({ kind: "last", series: SERIES, grid: GRID }),
  "rollup-grid-rate": rollupGrid({ kind: "rate", series: SERIES, grid: GRID, level: FIVE_MINUTES }),
};

/** The SQL and its parameters as a person reads them; UPDATE_GOLDEN=1 writes them anew. */
function rendered(query: Named): string {
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

test.each([
  { stepMs: 15_000, level: undefined },
  { stepMs: 300_000, level: FIVE_MINUTES },
  { stepMs: 400_000, level: undefined },
  { stepMs: 1_800_000, level: FIVE_MINUTES },
  { stepMs: 5_400_000, level: FIVE_MINUTES },
  { stepMs: 7_200_000, level: ONE_HOUR },
])("a step of $stepMs ms reads $level.table", ({ stepMs, level }) => {
  expect(rollupLevelOf(stepMs)).toBe(level);
});

test("a grid that lies between the windows is refused, and aligned it is not", () => {
  const grid = { fromMs: AT * 1000 + 1, toMs: AT * 1000 + 86_400_001, stepMs: 7_200_000 };
  expect(() => rollupGrid({ kind: "avg", series: SERIES, grid })).toThrow(RangeError);
  const aligned = alignedToRollup(grid, ONE_HOUR);
  expect(aligned).toEqual({ fromMs: AT * 1000 + 3_600_000, toMs: AT * 1000 + 86_400_000, stepMs: 7_200_000 });
  expect(() => rollupGrid({ kind: "avg", series: SERIES, grid: aligned })).not.toThrow();
});

test("the buckets cover all metric ids", () => {
  expect(metricsOfBucket(0)[0]).toBe(0);
  expect(metricsOfBucket(1)[0]).toBe(metricsOfBucket(0)[1] + 1);
  expect(metricsOfBucket(4095)[1]).toBe(2 ** 32 - 1);
});
