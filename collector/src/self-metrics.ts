/** What the collector counts of itself: once a page, an append or a send, never for each sample. */
import type { LogProducer } from "@lockstep/log/log";
import type { Meter } from "@lockstep/process/metrics";
import type { TableName } from "@lockstep/schemas/blocks/tables";
import { SECONDS_BOUNDS, SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import type { PublisherCounts } from "./publish/publisher.ts";

export type ForwardingCounts = {
  sent(table: TableName, rows: number, bytes: number, seconds: number): void;
  failed(): void;
  dropped(table: TableName, rows: number): void;
};

export function publisherCounts(meter: Meter): PublisherCounts {
  const samples = meter.createCounter(SELF_METRICS.scrapedSamples, {
    description: "Samples of pages handed to the publisher, staleness markers and `up` included.",
  });
  const refused = meter.createCounter(SELF_METRICS.refusedPages, {
    description: "Pages not taken because the log takes nothing.",
  });
  const rows = meter.createCounter(SELF_METRICS.logRows, { description: "Rows appended to the log." });
  const bytes = meter.createCounter(SELF_METRICS.logBytes, { description: "Bytes of blocks appended to the log." });
  // A counter that is absent until something goes wrong cannot be told from one that is not there.
  refused.add(0);
  return {
    page: (count) => samples.add(count),
    refused: () => refused.add(1),
    appended: (blocks) => {
      for (const { table, rows: count, block } of blocks) {
        rows.add(count, { table });
        bytes.add(block.length, { table });
      }
    },
  };
}

export function forwardingCounts(meter: Meter): ForwardingCounts {
  const rows = meter.createCounter(SELF_METRICS.kafkaRows, { description: "Rows that Kafka has acknowledged." });
  const bytes = meter.createCounter(SELF_METRICS.kafkaBytes, {
    description: "Bytes of blocks that Kafka has acknowledged, before compression.",
  });
  const seconds = meter.createHistogram(SELF_METRICS.kafkaSendSeconds, {
    description: "One send to Kafka with its acknowledgement.",
    advice: { explicitBucketBoundaries: SECONDS_BOUNDS },
  });
  const errors = meter.createCounter(SELF_METRICS.kafkaErrors, {
    description: "Sends to Kafka that failed and were tried again.",
  });
  const dropped = meter.createCounter(SELF_METRICS.spoolDroppedRows, {
    description: "Rows dropped from the spool because Kafka did not take them within its greatest age.",
  });
  errors.add(0);
  return {
    sent: (table, count, size, took) => {
      rows.add(count, { table });
      bytes.add(size, { table });
      seconds.record(took);
    },
    failed: () => errors.add(1),
    dropped: (table, count) => dropped.add(count, { table }),
  };
}

/** `now`: ms since 1970, as the producer stamps its blocks. */
export function observeSpool(meter: Meter, producer: Pick<LogProducer, "stats">, now: () => number): void {
  const size = meter.createObservableGauge(SELF_METRICS.spoolBytes, { description: "Bytes held in the spool." });
  const blocks = meter.createObservableGauge(SELF_METRICS.spoolBlocks, { description: "Blocks held in the spool." });
  const age = meter.createObservableGauge(SELF_METRICS.spoolAgeSeconds, {
    description: "Age of the oldest block in the spool; 0 when it is empty.",
  });
  meter.addBatchObservableCallback(
    (result) => {
      const stats = producer.stats();
      result.observe(size, stats.bytes);
      result.observe(blocks, stats.blocks);
      if (stats.blocks === 0) result.observe(age, 0);
      else if (stats.oldestAt !== undefined) result.observe(age, Math.max(0, (now() - stats.oldestAt) / 1000));
    },
    [size, blocks, age],
  );
}
