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
  collectives: [
    {
      job: "pretrain",
      step: 12,
      communicator: "0x7f8c",
      collective: "AllReduce",
      peer: null,
      process: "node-01/4711",
      run: 0,
      ts: AT,
      kind: "DP",
      odd: 0,
      node: "node-01",
      rank: 1,
      size: 2,
      job_rank: 5,
      seq: 24,
      count: 2,
      per_slot: 1,
      bytes: 1_048_576,
      exec_us: Uint32Array.of(810, 795),
      start_us: Int32Array.of(-20, 40_000),
      began: AT * 1000,
      ended: AT * 1000 + 1_000_000,
      self_us: 998_395.5,
      step_us: null,
      timing: "kernel_gpu",
    },
  ],
  events: [
    {
      kind: "xid",
      at: AT,
      node: "node-01",
      gpu: "GPU-1",
      code: 79,
      title: "GPU has fallen off the bus",
      labels: new Map([["pci", "0000:9b:00"]]),
      detail: "NVRM: Xid",
      source: "kernel_log",
      seen: AT,
    },
  ],
  flight_dumps: [{ job: "pretrain", rank: 3, node: "node-01", at: AT, dump: "{}", seen: AT }],
  histograms: [
    {
      model: "fraud",
      version: "v1",
      replica: "pod-1",
      labels: new Map([["region", "north"]]),
      kind: "score",
      feature: "score",
      since: AT,
      until: AT + 300_000,
      source: "observations",
      origin: "pod-1",
      bounds: [0, 0.5, 1],
      counts: [30, 2],
      scale: null,
      zero_threshold: 0,
      zero_count: 0,
      positive_offset: 0,
      positive: [],
      negative_offset: 0,
      negative: [],
      categories: new Map(),
      missing: 1,
      count: 32,
      sum: 4.25,
      labelled: [30, 2],
      positives: [1, 2],
      score_sums: [2.5, 1.75],
      seen: AT,
    },
    {
      model: "fraud",
      version: "v1",
      replica: "",
      labels: new Map(),
      kind: "input",
      feature: "amount",
      since: AT,
      until: AT + 300_000,
      source: "otlp",
      origin: "o",
      bounds: [],
      counts: [],
      scale: -1,
      zero_threshold: 1e-6,
      zero_count: 3,
      positive_offset: -2,
      positive: [4, 5],
      negative_offset: 7,
      negative: [6],
      categories: new Map([["card", 2 ** 33]]),
      missing: 0,
      count: 18,
      sum: null,
      labelled: [],
      positives: [],
      score_sums: [],
      seen: AT,
    },
  ],
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
