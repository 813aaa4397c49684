/** Ingest: log -> partition writer -> range poster -> ClickHouse, and then roll-ups of what is there. */
import { type DeadLetters, type LogConsumer, LogError, type LogMessage, type PartitionClaim } from "@lockstep/log/log";
import type { Meter } from "@lockstep/process/metrics";
import type { Logger } from "@lockstep/process/process";
import type { TableName } from "@lockstep/schemas/blocks/tables";
import type { Store } from "@lockstep/store/client";
import { PartitionWriter } from "./consume/partition-writer.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { createRollups } from "./rollup/rollups.ts";
import { createIngestMetrics, type IngestMetrics } from "./self-metrics.ts";
import { RangePoster } from "./write/range-poster.ts";
import { createRetry, type Retry } from "./write/retry.ts";

export type IngestOptions = {
  readonly store: Store;
  readonly consumer: LogConsumer;
  readonly deadLetters: DeadLetters;
  readonly log: Logger;
  readonly meter: Meter;
  /** Of this `lockstep start`, for the heartbeat. */
  readonly run: string;
  /** Tells several ingests apart. */
  readonly instance: string;
};

export function createIngest({ store, consumer, deadLetters, log, meter, run, instance }: IngestOptions) {
  const stopped = new AbortController();
  const metrics = createIngestMetrics(meter, consumer);
  const rollups = createRollups({ store, log, meter, now: Date.now });
  const heartbeat = createHeartbeat(store, log, run, instance);
  const surroundings = { store, deadLetters, log, metrics, mark: rollups.mark, signal: stopped.signal };
  const writers = new WeakMap<PartitionClaim, PartitionWriter>();
  const writerOf = (claim: PartitionClaim) => {
    const writer = writers.get(claim) ?? createWriter(claim, surroundings);
    writers.set(claim, writer);
    return writer;
  };

  return {
    metrics,
    /** Rejects when something fails that no retry can mend. */
    async run(): Promise<void> {
      heartbeat.start();
      // Whoever holds this partition is one of all ingests; that for a moment two may think so does no harm.
      const rolling = rollups.run(() => consumer.holds("samples", 0));
      try {
        await Promise.race([rolling, consume(consumer, writerOf, log)]);
      } catch (error) {
        if (!stopped.signal.aborted) throw error;
        log.info({ err: error }, "stopped in the middle of a range; the next start goes on with it");
      }
    },
    async stop(): Promise<void> {
      stopped.abort();
      heartbeat.stop();
      await consumer.stop();
      await rollups.stop();
      await deadLetters.close();
      await store.close();
    },
  };
}

async function consume(
  consumer: LogConsumer,
  writerOf: (claim: PartitionClaim) => PartitionWriter,
  log: Logger,
): Promise<void> {
  await consumer.run(async ({ claim, messages }) => {
    try {
      await writerOf(claim).take(messages);
    } catch (error) {
      if (!claim.lost.aborted && !(error instanceof LogError && error.code === "fenced")) throw error;
      const { topic, partition } = claim;
      log.info({ err: error, topic, partition }, "the partition is another's; that one goes on with what is under way");
      throw error; // the consumer joins its group again
    }
  });
}

type Surroundings = Pick<IngestOptions, "store" | "deadLetters" | "log"> & {
  readonly metrics: IngestMetrics;
  /** Told of samples that are in their table, before their position is committed. */
  readonly mark: (messages: readonly LogMessage[]) => Promise<void>;
  readonly signal: AbortSignal;
};

function createWriter(claim: PartitionClaim, surroundings: Surroundings): PartitionWriter {
  const { store, deadLetters, log, metrics, mark } = surroundings;
  const { topic, partition } = claim;
  const retry = createTableRetry(topic, surroundings);
  const poster = new RangePoster({
    store,
    deadLetters,
    retry,
    onDeadLetter: (_, { offset }, reason) => {
      metrics.deadLetter(topic);
      log.error({ topic, partition, offset, reason }, "a block was laid aside as a dead letter");
    },
    onUnseen: (name) =>
      log.error({ topic, partition, name }, "rows were inserted, but are not there; are they beyond their retention?"),
  });
  let forgetting = false;
  return new PartitionWriter({
    claim,
    poster,
    async onPosted(posted) {
      if (topic === "samples" && posted.messages.length > 0) {
        await retry("mark for roll-ups", () => mark(posted.messages), claim.lost);
      }
      metrics.posted(topic, posted);
    },
    onGone: (from, to) =>
      log.error(
        { topic, partition, from, to },
        "the log no longer holds messages that were announced: those that were not stored are lost",
      ),
    onForgotten: (producers) => {
      if (!forgetting) log.warn({ topic, partition, producers }, "too many producers to remember all; the oldest go");
      forgetting = true;
    },
    now: Date.now,
  });
}

function createTableRetry(table: TableName, { log, metrics, signal }: Surroundings): Retry {
  return createRetry({
    firstMs: 200,
    lastMs: 10_000,
    isRetriable: (error) => error instanceof Error && "retriable" in error && error.retriable === true,
    onRetry: (what, error, attempt) => {
      metrics.retried(table);
      log.warn({ err: error, attempt }, `${what} failed; trying again`);
    },
    random: Math.random,
    signal,
  });
}
