import { SELF_METRICS as m } from "@lockstep/schemas/process/self-metrics";
import { expect, test } from "vitest";
import type { ProcessState } from "../fleet/process-states.ts";
import { growthOf } from "./backlog.ts";
import { concernsOf } from "./concerns.ts";
import { meansOver, quantilesOver } from "./history.ts";
import { PROCESS_CPU, PROCESS_INFO, PROCESS_MEMORY } from "./metric-names.ts";
import { partitionsOf } from "./partitions.ts";
import { postsOf } from "./posts.ts";
import { identitiesOf, processUsage } from "./process-usage.ts";
import { riseOf, selfSeries } from "./self-series.ts";
import { counter, gauge, NOW, timed } from "./testdata/rows.ts";

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

test.each<[string, ReturnType<typeof counter>, number | null]>([
  ["between its samples", counter("c_total", {}, 5), 5],
  ["from zero where it was born in the window", counter("c_total", {}, 5, 2), 7],
  ["born with one sample", counter("c_total", {}, null, 2), 2],
  ["one sample of an older one", counter("c_total", {}, null), null],
])("a counter rises: %s", (_, row, expected) => {
  expect(riseOf(row)).toBe(expected);
});

test.each<[string, Partial<ReturnType<typeof gauge>>, number | null]>([
  ["grew", { value: 30, first: 10, peak: 30 }, 20],
  ["too young to matter", { value: 9, first: 0, peak: 9 }, null],
  ["old but steady", { value: 100, first: 98, peak: 100 }, null],
  ["drains again", { value: 40, first: 0, peak: 100 }, null],
  ["watched too short", { value: 30, first: 0, peak: 30, seconds: 30 }, null],
  ["ended", { value: null, first: 0, peak: 30 }, null],
])("a backlog %s", (_, change, expected) => {
  expect(growthOf({ ...gauge("g", {}, 0), ...change })).toBe(expected);
});

test("a partition is told by its owner, after a move by the new one", () => {
  const at = (instance: string, value: number | null, ts: number) => ({
    ...gauge(m.lagMessages, { instance, topic: "lockstep.samples", partition: "10" }, value),
    ts,
  });
  const series = selfSeries([
    gauge(PROCESS_INFO, { instance: "b:1", process: "ingest", host: "host-b" }, 1),
    at("a:1", 900, NOW - 60_000),
    at("b:1", 3, NOW),
    at("c:1", null, NOW),
    gauge(m.lagSeconds, { instance: "b:1", topic: "lockstep.samples", partition: "10" }, 40, 10),
    gauge(m.lagMessages, { instance: "z:1", topic: "lockstep.samples", partition: "9" }, 1),
  ]);
  expect(partitionsOf(series, identitiesOf(series))).toEqual([
    { topic: "lockstep.samples", partition: 9, lagMessages: 1, lagSeconds: null, growthSeconds: null, owner: "z:1" },
    { topic: "lockstep.samples", partition: 10, lagMessages: 3, lagSeconds: 40, growthSeconds: 30, owner: "host-b" },
  ]);
});

test("posts: ratios of the last minutes, events of the range; what never counted is known to be none", () => {
  const now = selfSeries([
    counter(`${m.ingestRows}_total`, { table: "samples" }, 30_000),
    counter(`${m.ingestBytes}_total`, { table: "samples" }, 600_000),
    counter(`${m.ingestPosts}_total`, { table: "samples" }, 10),
    ...timed(m.ingestPostSeconds, { table: "samples" }, 10, 0.5),
  ]);
  const events = selfSeries([
    counter(`${m.ingestDeadLetters}_total`, { table: "series" }, 0, 2),
    counter(`${m.ingestRetries}_total`, { table: "samples" }, 4),
  ]);
  expect(postsOf(now, events)).toMatchObject([
    { table: "samples", rowsPerSecond: 100, bytesPerRow: 20, rowsPerPost: 3000, retries: 4, deadLetters: 0 },
    { table: "series", rowsPerSecond: null, rowsPerPost: null, delay: null, retries: null, deadLetters: 2 },
  ]);
});

test("processes: heartbeats joined with metrics by host, in the order of the data", () => {
  const series = selfSeries([
    gauge(PROCESS_INFO, { instance: "w:9467", process: "web", host: "a" }, 1),
    gauge(PROCESS_INFO, { instance: "i:9465", process: "ingest", host: "a" }, 1),
    gauge(PROCESS_INFO, { instance: "old:9465", process: "ingest", host: "gone" }, null),
    counter(PROCESS_CPU, { instance: "i:9465" }, 60),
    gauge(PROCESS_MEMORY, { instance: "i:9465" }, 1e8),
  ]);
  const found = processUsage(series, [state("watch", "a"), state("ingest", "a"), state("collector", "a")]);
  expect(found.map(({ process, cpu, memoryBytes, instance }) => [process, cpu, memoryBytes, instance])).toEqual([
    ["collector", null, null, null],
    ["ingest", 0.2, 1e8, "i:9465"],
    ["watch", null, null, null],
    ["web", null, null, "w:9467"],
  ]);
  expect(found.at(-1)?.state).toBeNull();
});

test("concerns, the critical first; none when all is well", () => {
  const during = "in the last 1h";
  const well = { now: selfSeries([gauge(m.lagSeconds, { topic: "t", partition: "0" }, 1)]), events: selfSeries([]) };
  expect(concernsOf({ ...well, during, processes: [state("ingest", "a")] })).toEqual([]);
  const concerns = concernsOf({
    now: selfSeries([gauge(m.lagSeconds, { topic: "t", partition: "0" }, 60, 0), gauge(m.spoolBytes, {}, 1024 ** 2)]),
    events: selfSeries([
      counter(`${m.ingestDeadLetters}_total`, { table: "series" }, null, 1),
      counter(`${m.ingestDeadLetters}_total`, { table: "samples" }, 0),
      counter(`${m.spoolDroppedRows}_total`, { table: "samples" }, 7),
      counter(`${m.refusedPages}_total`, {}, 1),
    ]),
    during,
    processes: [
      state("collector", "a", { kafkaAway: "connect ECONNREFUSED" }),
      state("ingest", "a", { up: false }),
      state("watch", "a"),
      state("watch", "b", { up: false }),
    ],
  });
  expect(concerns.map(({ severity, text }) => `${severity}: ${text}`)).toEqual([
    "critical: ingest is down on a",
    "critical: Kafka is away for the collector on a: connect ECONNREFUSED. What it scrapes waits in the spool (1 MiB by now) and is sent when Kafka is back.",
    "critical: 7 rows were dropped in the last 1h: they were older than the spool keeps (lockstep: {spool: {max_age}})",
    "critical: 1 scraped page was refused in the last 1h: the spool is full (lockstep: {spool: {max_size}})",
    'critical: 1 block could not be stored in the last 1h (1 of series); "lockstep deadletter list" says why',
    "warning: 1 of 2 instances of watch is down: b",
    "warning: Ingest falls behind in t/0: 60 s, 60 s more than 5 minutes ago",
  ]);
});

test("history: a point at which nothing was counted is a gap", () => {
  const rows = [
    { key: "1", values: [0, 10, null] },
    { key: "2", values: [10, 10, null] },
    { key: "+Inf", values: [10, 10, 0] },
    { key: "x", values: [1, 1, 1] },
  ];
  expect(quantilesOver(rows, 0.5, 4)).toEqual([1.5, 0.5, null, null]);
  expect(meansOver([1, 2, null, 0], [2, 0, 1, null])).toEqual([0.5, null, null, null]);
});
