/** The API against a real ClickHouse: rows as ingest writes them in, the exact JSON out. */
import {
  instantQueryParams,
  labelsParams,
  metadataParams,
  rangeQueryParams,
  seriesParams,
  targetsParams,
} from "@lockstep/schemas/api/prometheus";
import { metricId } from "@lockstep/schemas/domain/metric-id";
import { metricIdSql } from "@lockstep/schemas/queries/series-metric-id";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { notReady } from "../app/-/ready/readiness.ts";
import { parseParams } from "./prometheus-params.ts";
import { instantQuery, type QuerySource, rangeQuery } from "./prometheus-query.ts";
import { labelNames, labelValues, series } from "./prometheus-series.ts";
import { metadata, tsdbStatus } from "./prometheus-status.ts";
import { targets } from "./prometheus-targets.ts";
import { startTestStore, type TestStore } from "./prometheus-test-store.ts";

const NOW = Math.floor(Date.now() / 1000) * 1000;
const AT = NOW / 1000;
const STALE: [string, number] = ["9218868437227405314", 127];

let running: TestStore | undefined;
let whyNot = "";
let source: QuerySource;

beforeAll(async () => {
  try {
    running = await startTestStore();
  } catch (error) {
    whyNot = `the embedded ClickHouse does not start: ${error instanceof Error ? error.message : String(error)}`;
    console.warn(`skipped: ${whyNot}`);
    return;
  }
  source = { store: running.store, kept: new Map() };
  await fill(running);
}, 60_000);

afterAll(async () => running?.stop());
beforeEach((context) => {
  if (running === undefined) context.skip(whyNot);
});

let lastId = 0;
type Sample = [agoMs: number, mantissa: string, exponent: number];

function rawBits(value: number): [string, number] {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return [bytes.readBigInt64LE(0).toString(), 127];
}

async function addSeries(store: TestStore["store"], labels: Record<string, string>, samples: Sample[]): Promise<void> {
  const id = ++lastId;
  const name = labels["__name__"]!;
  const quote = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const map = Object.entries(labels).flat().map(quote).join(",");
  const time = (ms: number) => `fromUnixTimestamp64Milli(toInt64(${ms}))`;
  // Twice, as a series is written again while its samples go on.
  for (const last of [3_600_000, 0]) {
    await store.command(
      `INSERT INTO series SELECT ${quote(name)}, ${id}, map(${map}), 'gauge', '', ${time(NOW - 3_600_000)}, ${time(NOW - last)}`,
    );
  }
  const rows = samples.map(([ago, m, e]) => `(${metricId(name)}, ${id}, ${time(NOW - ago)}, ${m}, ${e})`);
  await store.command(`INSERT INTO samples (metric, series, ts, m, e) VALUES ${rows.join(",")}`);
}

const VALUES: [number, string][] = [
  [1.8446744073709552e19, "18446744073709552000"],
  [5e-324, "5e-324"],
  [-0, "-0"],
  [Number.POSITIVE_INFINITY, "+Inf"],
  [Number.NEGATIVE_INFINITY, "-Inf"],
  [Number.NaN, "NaN"],
  [1e-7, "1e-07"],
];

async function fill({ store }: TestStore): Promise<void> {
  await addSeries(store, { __name__: "up", job: "a", instance: "x:1" }, [
    [15_000, "1", 0],
    [0, "0", 0],
  ]);
  await addSeries(store, { __name__: "up", job: "b'\\ü", "utf8.label": "q" }, [
    [15_000, "1", 0],
    [1000, ...STALE],
  ]);
  await addSeries(store, { __name__: "up", job: "edge" }, [[300_000, "5", 0]]);
  await addSeries(store, { __name__: "up", job: "inside" }, [[299_999, "123456", 3]]);
  await addSeries(store, { __name__: "big" }, [[0, "9007199254740991", 0]]);
  for (const [i, [value]] of VALUES.entries())
    await addSeries(store, { __name__: "v", i: String(i) }, [[0, ...rawBits(value)]]);
}

const read = async (answer: Promise<Iterable<string>>) => [...(await answer)].join("");
const form = (fields: Record<string, string | string[]>) =>
  new URLSearchParams(Object.entries(fields).flatMap(([name, given]) => [given].flat().map((value) => [name, value])));
const instant = (query: string, fields = {}) =>
  read(instantQuery(source, parseParams(instantQueryParams, form({ query, ...fields })), NOW));
const range = (query: string, fields: Record<string, string>) =>
  read(rangeQuery(source, parseParams(rangeQueryParams, form({ query, ...fields }))));

const A = '{"__name__":"up","instance":"x:1","job":"a"}';
const B = '{"__name__":"up","job":"b\'\\\\ü","utf8.label":"q"}';
const EDGE = '{"__name__":"up","job":"edge"}';
const INSIDE = '{"__name__":"up","job":"inside"}';
const vector = (...rows: string[]) =>
  `{"status":"success","data":{"resultType":"vector","result":[${rows.join(",")}]}}`;
const matrix = (...rows: string[]) =>
  `{"status":"success","data":{"resultType":"matrix","result":[${rows.join(",")}]}}`;
const one = (labels: string, value: string, at: number | string = AT) =>
  `{"metric":${labels},"value":[${at},"${value}"]}`;
const many = (labels: string, ...points: [number | string, string][]) =>
  `{"metric":${labels},"values":[${points.map(([at, value]) => `[${at},"${value}"]`).join(",")}]}`;

describe("instant query", () => {
  test("the newest sample in five minutes, none of a series that ended; twice, the labels now kept", async () => {
    const expected = vector(one(A, "0"), one(INSIDE, "123.456"));
    expect(await instant("up")).toBe(expected);
    expect(await instant("up")).toBe(expected);
  });

  test("values of every kind", async () => {
    const rows = VALUES.map(([, text], i) => one(`{"__name__":"v","i":"${i}"}`, text));
    expect(await instant("v")).toBe(vector(...rows));
    expect(await instant("big")).toBe(vector(one('{"__name__":"big"}', "9007199254740991")));
  });

  test.each([
    ['up{job="a"}', [A]],
    ['up{job!="a"}', [INSIDE]],
    ['up{job=~"a|ins.*"}', [A, INSIDE]],
    ['up{job=~"a|ins"}', [A]],
    ['up{job!~"a.*"}', [INSIDE]],
    ['up{instance=""}', [INSIDE]],
    ['up{instance!=""}', [A]],
    ['{job="a"}', [A]],
    ['{__name__=~"u.",job=~".+"}', [A, INSIDE]],
    ['up{missing="x"}', []],
    ["absent_metric", []],
    ['{absent_label="x"}', []],
  ])("%s", async (query, labels) => {
    const found = JSON.parse(await instant(query)).data.result.map((row: { metric: unknown }) => row.metric);
    expect(found).toEqual(labels.map((text) => JSON.parse(text)));
  });

  test("at another time, before the series ended; labels that need escapes", async () => {
    expect(await instant(`{"utf8.label"="q", job="b'\\\\ü"}`, { time: String(AT - 1.5) })).toBe(
      vector(one(B, "1", `${Math.floor(AT - 1.5)}.500`)),
    );
  });

  test("a limit cuts and says so", async () => {
    expect(JSON.parse(await instant("up", { limit: "1" }))).toMatchObject({
      data: { result: [{}] },
      warnings: [/limit/],
    });
  });

  test("raw samples of a range, markers left out", async () => {
    expect(await instant("up[1m]")).toBe(matrix(many(A, [AT - 15, "1"], [AT, "0"]), many(B, [AT - 15, "1"])));
  });
});

describe("range query", () => {
  test("each step has the newest sample of its own look-back, and a gap after the end", async () => {
    expect(await range("up", { start: String(AT - 30), end: String(AT), step: "15s" })).toBe(
      matrix(
        many(A, [AT - 15, "1"], [AT, "0"]),
        many(B, [AT - 15, "1"]),
        many(EDGE, [AT - 30, "5"], [AT - 15, "5"]),
        many(INSIDE, [AT - 30, "123.456"], [AT - 15, "123.456"], [AT, "123.456"]),
      ),
    );
  });

  test("steps of a fraction of a second; a step longer than the range", async () => {
    expect(await range('up{job="a"}', { start: String(AT - 0.5), end: String(AT), step: "0.25" })).toBe(
      matrix(many(A, [`${AT - 1}.500`, "1"], [`${AT - 1}.750`, "1"], [AT, "0"])),
    );
    expect(await range('up{job="a"}', { start: String(AT - 10), end: String(AT), step: "1h" })).toBe(
      matrix(many(A, [AT - 10, "1"])),
    );
  });

  test("a NaN that was scraped is a value", async () => {
    expect(await range('v{i="5"}', { start: String(AT), end: String(AT), step: "1" })).toBe(
      matrix(many('{"__name__":"v","i":"5"}', [AT, "NaN"])),
    );
  });
});

test("the SQL of a metric's id gives what metricId gives", async () => {
  for (const name of ["", "up", "DCGM_FI_DEV_GPU_UTIL", "job:x:sum", "é😀.utf8"]) {
    const query = { name: "metricId", sql: `SELECT ${metricIdSql("{name:String}")} AS id`, params: { name } };
    expect(await running!.store.read({ ...query, row: z.object({ id: z.number() }) })).toEqual([
      { id: metricId(name) },
    ]);
  }
});

test.each([
  ["rate(up[5m])", { code: "execution", status: 422, message: /rate\(\) is not supported/ }],
  ["up{", { code: "bad_data", status: 400, message: /1:4/ }],
])("%s is refused", async (query, error) => {
  await expect(instant(query)).rejects.toMatchObject({ ...error, message: expect.stringMatching(error.message) });
});

describe("series and labels", () => {
  const list = (...items: string[]) => `{"status":"success","data":[${items.join(",")}]}`;
  const seriesOf = (fields: Record<string, string | string[]>) =>
    read(series(source, parseParams(seriesParams, form(fields))));

  test("series of several selectors; only those with a sample in the time asked for", async () => {
    const given = { "match[]": ["up", 'v{i="0"}'] };
    const v = '{"__name__":"v","i":"0"}';
    expect(await seriesOf(given)).toBe(list(A, B, EDGE, INSIDE, v));
    expect(await seriesOf({ ...given, start: String(AT - 60), end: String(AT) })).toBe(list(A, B, v));
    expect(await seriesOf({ "match[]": '{job="edge"}', start: String(AT - 300), end: String(AT - 300) })).toBe(
      list(EDGE),
    );
  });

  test("names and values", async () => {
    const labels = (fields: Record<string, string> = {}) => parseParams(labelsParams, form(fields));
    expect(await read(labelNames(source, labels()))).toBe(
      list('"__name__"', '"i"', '"instance"', '"job"', '"utf8.label"'),
    );
    expect(await read(labelNames(source, labels({ "match[]": "v" })))).toBe(list('"__name__"', '"i"'));
    expect(await read(labelNames(source, labels({ end: String(AT - 86_400) })))).toBe(list());
    expect(await read(labelValues(source, "job", labels()))).toBe(list('"a"', '"b\'\\\\ü"', '"edge"', '"inside"'));
    expect(await read(labelValues(source, "__name__", labels({ "match[]": '{job=~".+"}' })))).toBe(list('"up"'));
    expect(await read(labelValues(source, "U__utf8_2e_label", labels()))).toBe(list('"q"'));
  });
});

test("targets of the newest run that are not gone; readiness by line", async () => {
  const { store } = running!;
  const beat = { host: "h", pid: 1, run: "r1", started: NOW, detail: "" };
  await store.insertRows("processes", [
    { ...beat, process: "collector", updated: Date.now() },
    { ...beat, process: "ingest", updated: NOW - 30_000 },
  ]);
  const row = (url: string, health: string, run: string, last_scrape: number) => ({
    ...{ scrape_pool: "p", url, health, run, last_scrape, last_error: "", updated: NOW },
    ...{ labels: { job: "p" }, discovered_labels: { __address__: "x" } },
    ...{ duration_seconds: 0.012, interval_seconds: 90, timeout_seconds: 10 },
    ...{ samples: 5, samples_kept: 5, body_bytes: 100, bad_lines: 0, bad_line_example: "" },
  });
  await store.insertRows("targets", [
    row("http://x/1", "up", "r1", NOW),
    row("http://x/2", "unknown", "r1", 0),
    row("http://x/3", "gone", "r1", NOW),
    row("http://x/4", "up", "r0", NOW),
  ]);
  const answer = JSON.parse(await read(targets(store, parseParams(targetsParams, form({})))));
  const target = {
    discoveredLabels: { __address__: "x" },
    labels: { job: "p" },
    scrapePool: "p",
    lastError: "",
    lastScrapeDuration: 0.012,
    scrapeInterval: "1m30s",
    scrapeTimeout: "10s",
  };
  expect(answer).toEqual({
    status: "success",
    data: {
      activeTargets: [
        {
          ...target,
          scrapeUrl: "http://x/1",
          globalUrl: "http://x/1",
          lastScrape: new Date(NOW).toISOString(),
          health: "up",
        },
        {
          ...target,
          scrapeUrl: "http://x/2",
          globalUrl: "http://x/2",
          lastScrape: "0001-01-01T00:00:00Z",
          health: "unknown",
        },
      ],
      droppedTargets: [],
      droppedTargetCounts: {},
    },
  });
  const none = await read(targets(store, parseParams(targetsParams, form({ state: "dropped" }))));
  expect(JSON.parse(none).data.activeTargets).toEqual([]);
  expect(await notReady(store, "r1", NOW)).toEqual([
    "ingest: last heartbeat 30 s ago, expected one within 17 s",
    "watch: no heartbeat since this start",
  ]);
});

describe("what there is", () => {
  const body = async (pieces: Promise<Generator<string>>) => JSON.parse([...(await pieces)].join("")).data;

  test("metadata of each metric, of one, and no more than asked for", async () => {
    const read = (params: Record<string, string>) =>
      body(metadata(source.store, parseParams(metadataParams, new URLSearchParams(params))));
    expect(await read({})).toMatchObject({ up: [{ type: "gauge", help: "", unit: "" }] });
    expect(Object.keys(await read({ metric: "big" }))).toEqual(["big"]);
    expect(Object.keys(await read({ limit: "2" }))).toHaveLength(2);
  });

  test("the metrics and labels with most series", async () => {
    const status = await body(tsdbStatus(source.store, { limit: 1 }, NOW));
    expect(status.seriesCountByMetricName).toEqual([{ name: "v", value: VALUES.length }]);
    expect(status.labelValueCountByLabelName).toEqual([{ name: "i", value: VALUES.length }]);
    expect(status.headStats.numSeries).toBeGreaterThan(VALUES.length);
  });
});
