import { SELF_METRICS as m } from "@lockstep/schemas/process/self-metrics";
import { expect, test } from "vitest";
import type { ProcessState } from "../fleet/process-states.ts";
import { bottleneckOf, stageShares } from "./bottleneck.ts";
import { chainOf, hasKafka } from "./chain.ts";
import { selfSeries } from "./self-series.ts";
import { counter, gauge, NOW, timed } from "./testdata/rows.ts";

const SAMPLES = { table: "samples" };

const state = (process: string, host: string, change: Partial<ProcessState> = {}): ProcessState => ({
  process,
  host,
  pid: 1,
  startedMs: NOW - 60_000,
  seenMs: NOW,
  up: true,
  leads: null,
  usesKafka: false,
  kafkaAway: null,
  ...change,
});

const EMBEDDED = [
  counter(`${m.scrapedSamples}_total`, {}, 30_000),
  counter(`${m.logRows}_total`, SAMPLES, 30_000),
  counter(`${m.logRows}_total`, { table: "series" }, 600),
  counter(`${m.ingestRows}_total`, SAMPLES, 27_000),
  gauge(m.spoolBytes, {}, 4096),
  gauge(m.spoolAgeSeconds, {}, 1),
  ...timed(m.stageSeconds, { stage: "gather" }, 10, 0.1),
  ...timed(m.stageSeconds, { stage: "log" }, 10, 0.1),
  ...timed(m.stageSeconds, { stage: "post" }, 10, 0.3),
];
const KAFKA = [
  ...EMBEDDED,
  counter(`${m.kafkaRows}_total`, SAMPLES, 29_000),
  ...timed(m.stageSeconds, { stage: "spool" }, 10, 0.05),
  gauge(m.lagMessages, { topic: "t", partition: "0" }, 7),
  gauge(m.lagSeconds, { topic: "t", partition: "0" }, 2),
];

const drawn = (rows: typeof EMBEDDED, processes: readonly ProcessState[] = []) =>
  chainOf({ series: selfSeries(rows), processes, targets: null });

test("without Kafka that part of the chain is absent", () => {
  const chain = drawn(EMBEDDED);
  expect(chain.nodes.map((node) => node.id)).toEqual([
    "targets",
    "collector",
    "spool",
    "ingest",
    "clickhouse",
    "rollups",
  ]);
  expect(chain.links.map((link) => [link.id, link.perSecond])).toEqual([
    ["scrape", 100],
    ["gather", 100],
    ["log", 90],
    ["post", 90],
    ["rollup", null],
  ]);
  expect(chain.links[2]?.backlog).toMatchObject({ amount: 4096, unit: "bytes", seconds: 1 });
  expect(stageShares(selfSeries(EMBEDDED), false).map(({ id, share }) => [id, Number(share.toFixed(3))])).toEqual([
    ["gather", 0.2],
    ["log", 0.2],
    ["post", 0.6],
  ]);
});

test("with Kafka the spool's backlog waits for it, and messages wait for ingest", () => {
  const chain = drawn(KAFKA);
  expect(chain.links.map((link) => [link.id, link.backlog?.amount])).toEqual([
    ["scrape", undefined],
    ["gather", undefined],
    ["spool", 4096],
    ["log", 7],
    ["post", undefined],
    ["rollup", undefined],
  ]);
  expect(chain.nodes.find((node) => node.id === "kafka")?.facts).toEqual([{ words: "1 partition" }]);
});

test.each<[string, typeof EMBEDDED, ProcessState[], boolean]>([
  ["no sign of it", EMBEDDED, [], false],
  ["rows sent to it", [counter(`${m.kafkaRows}_total`, SAMPLES, 0)], [], true],
  ["it failed from the start", [counter(`${m.kafkaErrors}_total`, {}, 1)], [], true],
  ["a collector says that it uses it", [], [state("collector", "a", { usesKafka: true })], true],
])("Kafka: %s", (_, rows, processes, expected) => {
  expect(hasKafka({ series: selfSeries(rows), processes })).toBe(expected);
});

test("nothing known is nothing drawn, not zero", () => {
  const chain = drawn([]);
  expect(chain.nodes.flatMap((node) => node.facts)).toEqual([]);
  expect(chain.links.map(({ perSecond, delay, backlog }) => [perSecond, delay, backlog])).toEqual(
    chain.links.map(() => [null, null, null]),
  );
  expect(bottleneckOf(chain, [])).toMatchObject({ link: null, text: expect.stringMatching(/^No data yet/) });
});

test.each<[string, ProcessState[], unknown[]]>([
  ["one by its name", [state("ingest", "a")], [{ words: "a" }]],
  ["several by their number", [state("ingest", "a"), state("ingest", "b")], [{ words: "2 instances" }]],
  [
    "one of them down",
    [state("ingest", "a"), state("ingest", "b", { up: false })],
    [{ words: "1 of 2 instances up", trouble: "warning" }],
  ],
  ["all down", [state("ingest", "a", { up: false })], [{ words: "down", trouble: "critical" }]],
])("instances: %s", (_, processes, facts) => {
  expect(drawn(EMBEDDED, processes).nodes.find((node) => node.id === "ingest")?.facts).toEqual(facts);
});

test("refused pages and dropped rows stand at their node", () => {
  const rows = [
    counter(`${m.refusedPages}_total`, { instance: "a" }, null, 2),
    counter(`${m.spoolDroppedRows}_total`, { table: "samples" }, 5),
  ];
  const facts = (id: string) => drawn(rows).nodes.find((node) => node.id === id)?.facts;
  expect(facts("collector")).toEqual([{ words: "2 pages refused", trouble: "critical" }]);
  expect(facts("spool")).toEqual([{ words: "5 rows dropped", trouble: "critical" }]);
});

test.each<[string, typeof EMBEDDED, string | null, boolean, RegExp]>([
  [
    "the largest share of the mean delay",
    KAFKA,
    "post",
    false,
    /^Most of the delay is posting into ClickHouse: 300 ms of 550 ms on average \(55 %\); p99 297 ms$/,
  ],
  [
    "less than half of it",
    [...KAFKA, ...timed(m.stageSeconds, { stage: "gather", instance: "b" }, 30, 0.3)],
    "post",
    false,
    /^The largest part of the delay is posting/,
  ],
  [
    "lag that grows outweighs it",
    [...EMBEDDED, gauge(m.lagMessages, { partition: "0" }, 420), gauge(m.lagSeconds, { partition: "0" }, 38, 26)],
    "log",
    true,
    /^Ingest does not keep up: 420 messages wait in the spool, the oldest for 38 s, 12 s more than 5 minutes ago$/,
  ],
  [
    "a spool that grows before Kafka",
    [...KAFKA, gauge(m.spoolAgeSeconds, { instance: "b" }, 90, 0)],
    "spool",
    true,
    /^Kafka does not take what the collector sends: 4 KiB waits in the spool, the oldest for 90 s, 90 s more/,
  ],
])("the bottleneck: %s", (_, rows, link, grows, text) => {
  const series = selfSeries(rows);
  const found = bottleneckOf(drawn(rows), stageShares(series, hasKafka({ series, processes: [] })));
  expect(found).toMatchObject({ link, grows });
  expect(found.text).toMatch(text);
});
