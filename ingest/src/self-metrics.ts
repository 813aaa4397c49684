/** What ingest counts of its own work; see schemas/src/process/self-metrics.ts for what each means. */
import type { LogConsumer, LogMessage } from "@lockstep/log/log";
import type { Meter } from "@lockstep/process/metrics";
import type { TableName } from "@lockstep/schemas/blocks/tables";
import { SECONDS_BOUNDS, SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import type { Posted } from "./consume/partition-writer.ts";

export type IngestMetrics = {
  posted(table: TableName, posted: Posted): void;
  retried(table: TableName): void;
  deadLetter(table: string): void;
  rebalanced(): void;
};

export function createIngestMetrics(meter: Meter, consumer: Pick<LogConsumer, "lag">): IngestMetrics {
  const advice = { explicitBucketBoundaries: SECONDS_BOUNDS };
  const counter = (name: string) => meter.createCounter(name);
  const histogram = (name: string) => meter.createHistogram(name, { unit: "s", advice });
  const rows = counter(SELF_METRICS.ingestRows);
  const bytes = counter(SELF_METRICS.ingestBytes);
  const blocks = counter(SELF_METRICS.ingestBlocks);
  const posts = counter(SELF_METRICS.ingestPosts);
  const postSeconds = histogram(SELF_METRICS.ingestPostSeconds);
  const retries = counter(SELF_METRICS.ingestRetries);
  const replays = counter(SELF_METRICS.ingestReplays);
  const skipped = counter(SELF_METRICS.ingestSkippedBlocks);
  const deadLetters = counter(SELF_METRICS.ingestDeadLetters);
  const rebalances = counter(SELF_METRICS.ingestRebalances);
  const stages = histogram(SELF_METRICS.stageSeconds);
  const queryable = histogram(SELF_METRICS.queryableSeconds);
  observeLag(meter, consumer);
  return {
    posted(table, posted) {
      const of = { table };
      if (posted.replayed) replays.add(1, of);
      if (posted.skipped > 0) skipped.add(posted.skipped, of);
      if (posted.messages.length === 0) return;
      rows.add(
        sumOf(posted.messages, (message) => message.rows),
        of,
      );
      bytes.add(
        sumOf(posted.messages, (message) => message.block.length),
        of,
      );
      blocks.add(posted.messages.length, of);
      posts.add(1, of);
      postSeconds.record(posted.seconds, of);
      if (table !== "samples") return;
      for (const message of posted.messages) {
        for (const [stage, ms] of stagesOf(message, posted)) stages.record(Math.max(0, ms) / 1000, { stage });
        if (message.scrapedAt !== undefined) {
          queryable.record(Math.max(0, posted.postedAt - message.scrapedAt) / 1000);
        }
      }
    },
    retried: (table) => retries.add(1, { table }),
    deadLetter: (table) => deadLetters.add(1, { table }),
    rebalanced: () => rebalances.add(1),
  };
}

function sumOf(messages: readonly LogMessage[], of: (message: LogMessage) => number): number {
  return messages.reduce((sum, message) => sum + of(message), 0);
}

/** Milliseconds between the stations of a block; a station that it does not tell is left out. */
function stagesOf(message: LogMessage, { readAt, postedAt }: Posted): [string, number][] {
  const { scrapedAt, appendedAt, sentAt } = message;
  if (scrapedAt === undefined) return [];
  const stations: [string, number | undefined][] = [
    ["gather", appendedAt],
    ["spool", sentAt],
    ["log", readAt],
    ["post", postedAt],
  ];
  let before = scrapedAt;
  return stations.flatMap(([stage, at]): [string, number][] => {
    if (at === undefined) return [];
    const ms = at - before;
    before = at;
    return [[stage, ms]];
  });
}

function observeLag(meter: Meter, consumer: Pick<LogConsumer, "lag">): void {
  const messages = meter.createObservableGauge(SELF_METRICS.lagMessages);
  const seconds = meter.createObservableGauge(SELF_METRICS.lagSeconds, { unit: "s" });
  meter.addBatchObservableCallback(
    async (result) => {
      for (const lag of await consumer.lag()) {
        const of = { topic: lag.topic, partition: String(lag.partition) };
        result.observe(messages, lag.messages, of);
        if (lag.seconds !== undefined) result.observe(seconds, lag.seconds, of);
      }
    },
    [messages, seconds],
  );
}
