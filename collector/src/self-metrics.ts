/** What the collector counts of itself: once a page, an append or a send, never for each sample. */
import type { LogProducer } from "@lockstep/log/log";
import type { Meter } from "@lockstep/process/metrics";
import type { TableName } from "@lockstep/schemas/blocks/tables";
import { SECONDS_BOUNDS, SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import type { PublisherCounts } from "./publish/publisher.ts";
import type { TraceStatus } from "./tail/traces.ts";

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

/** Of the trace files of the configuration; counters begin again when it changes them. */
export function observeTraces(meter: Meter, statuses: () => readonly TraceStatus[]): void {
  const files = meter.createObservableGauge(SELF_METRICS.traceFiles, { description: "Trace files followed now." });
  const behind = meter.createObservableGauge(SELF_METRICS.traceBehindBytes, {
    description: "Bytes of trace files that are there and not read yet.",
  });
  const lines = meter.createObservableCounter(SELF_METRICS.traceLines, { description: "Lines read of trace files." });
  const badLines = meter.createObservableCounter(SELF_METRICS.traceBadLines, {
    description: "Lines of trace files that could not be read.",
  });
  const operations = meter.createObservableCounter(SELF_METRICS.traceOperations, {
    description: "Collective operations read of trace files.",
  });
  meter.addBatchObservableCallback(
    (result) => {
      for (const { name, kind, counts } of statuses()) {
        const labels = { source: name, kind };
        result.observe(files, counts.files, labels);
        result.observe(behind, counts.behindBytes, labels);
        result.observe(lines, counts.lines, labels);
        result.observe(badLines, counts.badLines, labels);
        result.observe(operations, counts.operations, labels);
      }
    },
    [files, behind, lines, badLines, operations],
  );
}
