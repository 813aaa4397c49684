import type { LogMessage, PartitionLag } from "@lockstep/log/log";
import type { Meter } from "@lockstep/process/metrics";
import { SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import { expect, test } from "vitest";
import { createIngestMetrics } from "./self-metrics.ts";

/** Keeps what is counted and recorded, as `name{label}` -> values. */
function keepingMeter() {
  const kept: Record<string, number[]> = {};
  const put = (name: string) => (value: number, of: object) => {
    const labels = Object.values(of ?? {}).join(",");
    const key = labels === "" ? name : `${name}{${labels}}`;
    kept[key] = [...(kept[key] ?? []), value];
  };
  const callbacks: ((result: { observe: (gauge: string, value: number, of: object) => void }) => Promise<void>)[] = [];
  const meter = {
    createCounter: (name: string) => ({ add: put(name) }),
    createHistogram: (name: string) => ({ record: put(name) }),
    createObservableGauge: (name: string) => name,
    addBatchObservableCallback: (callback: (typeof callbacks)[number]) => void callbacks.push(callback),
  } as unknown as Meter;
  const collect = async () => {
    for (const each of callbacks) await each({ observe: (gauge, value, of) => put(gauge)(value, of) });
  };
  return { meter, kept, collect };
}

const block = (times: Partial<LogMessage>): LogMessage => ({
  table: "samples",
  version: 1,
  rows: 10,
  block: new Uint8Array(300),
  offset: 0,
  producer: "p",
  sequence: 0,
  ...times,
});

test("a post of samples counts its rows and tells each block's way, station by station", () => {
  const { meter, kept } = keepingMeter();
  createIngestMetrics(meter, { lag: async () => [] }).posted("samples", {
    messages: [
      block({ scrapedAt: 1_000, appendedAt: 1_500, sentAt: 1_700 }),
      block({ scrapedAt: 1_000, appendedAt: 1_600 }),
      block({}),
    ],
    skipped: 2,
    replayed: true,
    readAt: 2_000,
    postedAt: 2_250,
    seconds: 0.2,
  });
  expect(kept).toEqual({
    [`${SELF_METRICS.ingestRows}{samples}`]: [30],
    [`${SELF_METRICS.ingestBytes}{samples}`]: [900],
    [`${SELF_METRICS.ingestBlocks}{samples}`]: [3],
    [`${SELF_METRICS.ingestPosts}{samples}`]: [1],
    [`${SELF_METRICS.ingestPostSeconds}{samples}`]: [0.2],
    [`${SELF_METRICS.ingestReplays}{samples}`]: [1],
    [`${SELF_METRICS.ingestSkippedBlocks}{samples}`]: [2],
    [`${SELF_METRICS.stageSeconds}{gather}`]: [0.5, 0.6],
    [`${SELF_METRICS.stageSeconds}{spool}`]: [0.2],
    [`${SELF_METRICS.stageSeconds}{log}`]: [0.3, 0.4],
    [`${SELF_METRICS.stageSeconds}{post}`]: [0.25, 0.25],
    [SELF_METRICS.queryableSeconds]: [1.25, 1.25],
  });
});

test("a range that its producers had sent before is no post, and other tables tell no way", () => {
  const { meter, kept } = keepingMeter();
  const metrics = createIngestMetrics(meter, { lag: async () => [] });
  const posted = { replayed: false, readAt: 1, postedAt: 2, seconds: 0.1 };
  metrics.posted("samples", { ...posted, messages: [], skipped: 3 });
  metrics.posted("series", { ...posted, messages: [block({ table: "series", scrapedAt: 1 })], skipped: 0 });
  expect(Object.keys(kept).sort()).toEqual(
    [
      `${SELF_METRICS.ingestSkippedBlocks}{samples}`,
      `${SELF_METRICS.ingestRows}{series}`,
      `${SELF_METRICS.ingestBytes}{series}`,
      `${SELF_METRICS.ingestBlocks}{series}`,
      `${SELF_METRICS.ingestPosts}{series}`,
      `${SELF_METRICS.ingestPostSeconds}{series}`,
    ].sort(),
  );
});

test("the lag is told for each partition, its age only where it is known", async () => {
  const { meter, kept, collect } = keepingMeter();
  const lags: PartitionLag[] = [
    { topic: "samples", partition: 0, messages: 7, seconds: 1.5 },
    { topic: "samples", partition: 1, messages: 9, seconds: undefined },
  ];
  createIngestMetrics(meter, { lag: async () => lags });
  await collect();
  expect(kept).toEqual({
    [`${SELF_METRICS.lagMessages}{samples,0}`]: [7],
    [`${SELF_METRICS.lagSeconds}{samples,0}`]: [1.5],
    [`${SELF_METRICS.lagMessages}{samples,1}`]: [9],
  });
});
