import { SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import { expect, test } from "vitest";
import { RecordingMeter } from "../test/recording-meter.ts";
import { forwardingCounts, observeSpool, publisherCounts } from "./self-metrics.ts";

test("counters say 0 before anything has gone wrong, and what was done afterwards", () => {
  const meter = new RecordingMeter();
  const counts = publisherCounts(meter.meter);
  const forwarding = forwardingCounts(meter.meter);
  expect(meter.values()).toEqual({ [SELF_METRICS.refusedPages]: 0, [SELF_METRICS.kafkaErrors]: 0 });
  counts.page(320);
  counts.page(5);
  counts.refused();
  const block = { version: 1, block: new Uint8Array(7) };
  counts.appended([
    { ...block, table: "series", rows: 2 },
    { ...block, table: "samples", rows: 300 },
    { ...block, table: "samples", rows: 25 },
  ]);
  forwarding.sent("samples", 325, 14, 0.25);
  forwarding.failed();
  forwarding.dropped("series", 3);
  expect(meter.values()).toEqual({
    [SELF_METRICS.scrapedSamples]: 325,
    [SELF_METRICS.refusedPages]: 1,
    [`${SELF_METRICS.logRows} series`]: 2,
    [`${SELF_METRICS.logRows} samples`]: 325,
    [`${SELF_METRICS.logBytes} series`]: 7,
    [`${SELF_METRICS.logBytes} samples`]: 14,
    [`${SELF_METRICS.kafkaRows} samples`]: 325,
    [`${SELF_METRICS.kafkaBytes} samples`]: 14,
    [SELF_METRICS.kafkaSendSeconds]: 0.25,
    [SELF_METRICS.kafkaErrors]: 1,
    [`${SELF_METRICS.spoolDroppedRows} series`]: 3,
  });
});

test.each([
  ["empty", { bytes: 0, blocks: 0, oldestAt: undefined }, 0],
  ["with blocks", { bytes: 10, blocks: 2, oldestAt: 6_000 }, 4],
  ["with a clock that was set back", { bytes: 10, blocks: 2, oldestAt: 11_000 }, 0],
  ["with blocks that do not say when they came", { bytes: 10, blocks: 2, oldestAt: undefined }, undefined],
])("a spool %s", async (_, stats, age) => {
  const meter = new RecordingMeter();
  observeSpool(meter.meter, { stats: () => stats }, () => 10_000);
  expect(await meter.observed()).toEqual({
    [SELF_METRICS.spoolBytes]: stats.bytes,
    [SELF_METRICS.spoolBlocks]: stats.blocks,
    ...(age !== undefined && { [SELF_METRICS.spoolAgeSeconds]: age }),
  });
});
