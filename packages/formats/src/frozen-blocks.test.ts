/**
 * Blocks as they were written when a version of the log's tables was new. They are never edited: what lies in a log when
 * Lockstep is updated must still be readable, so each has to pass the check that ingest makes.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { BLOCK_TABLES, TABLE_NAMES } from "@lockstep/schemas/blocks/tables";
import { expect, test } from "vitest";
import { checkBlock, encodeRows } from "./native.ts";

const FOLDER = new URL("../../../schemas/testdata/blocks/", import.meta.url);
const LABELS = new Map([
  ["__name__", "DCGM_FI_DEV_GPU_TEMP"],
  ["Hostname", "node-01"],
  ["gpu", "0"],
]);
const SERIES = { lo: 0x89abcdef, hi: 0x01234567 };
const AT = 1_795_392_000_000;

const ROWS: Readonly<Record<(typeof TABLE_NAMES)[number], Record<string, unknown>[]>> = {
  samples: [
    { metric: 7, series: SERIES, ts: AT, m: 34156, e: 3 },
    { metric: 7, series: SERIES, ts: AT + 15_000, m: 0x7ff0000000000002n, e: 127 },
  ],
  series: [
    {
      metric: LABELS.get("__name__"),
      series: SERIES,
      labels: LABELS,
      type: "gauge",
      unit: "",
      first_seen: AT,
      last_seen: AT,
    },
  ],
  targets: [
    {
      scrape_pool: "dcgm",
      url: "http://127.0.0.1:9400/metrics",
      labels: new Map([["job", "dcgm"]]),
      discovered_labels: new Map([["__address__", "127.0.0.1:9400"]]),
      health: "up",
      last_error: "",
      last_scrape: AT,
      duration_seconds: 0.25,
      interval_seconds: 15,
      timeout_seconds: 10,
      samples: 432,
      samples_kept: 430,
      body_bytes: 131_000,
      bad_lines: 1,
      bad_line_example: "line 3: a reason",
      run: "r",
      updated: AT,
    },
  ],
  processes: [{ process: "collector", host: "h", pid: 1, run: "r", started: AT, detail: "{}", updated: AT }],
};

test.each(TABLE_NAMES)("%s of this version is written as it was frozen", (table) => {
  const { version } = BLOCK_TABLES[table];
  const file = new URL(`v${version}/${table}.native`, FOLDER);
  const block = encodeRows(BLOCK_TABLES[table], ROWS[table]);
  if (process.env["FREEZE"] === `v${version}`) {
    mkdirSync(new URL(`v${version}/`, FOLDER), { recursive: true });
    writeFileSync(file, block, { flag: "wx" });
  }
  expect(Buffer.from(block).equals(readFileSync(file))).toBe(true);
});

test("every frozen block still passes the check of ingest", () => {
  let seen = 0;
  for (const version of readdirSync(FOLDER)) {
    for (const name of readdirSync(new URL(`${version}/`, FOLDER))) {
      const table = name.replace(".native", "") as keyof typeof ROWS;
      checkBlock(BLOCK_TABLES[table], ROWS[table].length, readFileSync(new URL(`${version}/${name}`, FOLDER)));
      seen++;
    }
  }
  expect(seen).toBeGreaterThanOrEqual(TABLE_NAMES.length);
});
