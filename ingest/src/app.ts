/** Ingest: log -> partition writer -> range poster -> ClickHouse. */
import { hostname } from "node:os";
import type { DeadLetters, LogConsumer, PartitionClaim } from "@lockstep/log/log";
import type { Logger } from "@lockstep/process/process";
import { HEARTBEAT_INTERVAL_MS } from "@lockstep/schemas/process/heartbeat";
import { type Store, StoreError } from "@lockstep/store/client";
import { PartitionWriter } from "./consume/partition-writer.ts";
import { RangePoster } from "./write/range-poster.ts";
import { createRetry } from "./write/retry.ts";

export type IngestOptions = {
  readonly store: Store;
  readonly consumer: LogConsumer;
  readonly deadLetters: DeadLetters;
  readonly log: Logger;
  /** Of this `lockstep start`, for the heartbeat. */
  readonly run: string;
};

export function createIngest({ store, consumer, deadLetters, log, run }: IngestOptions) {
  const stopped = new AbortController();
  const retry = createRetry({
    firstMs: 200,
    lastMs: 10_000,
    isRetriable: (error) => error instanceof Error && "retriable" in error && error.retriable === true,
    onRetry: (what, error, attempt) => log.warn({ err: error, attempt }, `${what} failed; trying again`),
    random: Math.random,
    signal: stopped.signal,
  });
  const poster = new RangePoster({
    store,
    deadLetters,
    retry,
    onDeadLetter: (topic, message, reason) =>
      log.error({ topic, offset: message.offset, reason }, "a block was laid aside as a dead letter"),
  });
  const writers = new Map<PartitionClaim, PartitionWriter>();

  const heartbeat = createHeartbeat(store, log, run);
  return {
    /** Rejects when something fails that no retry can mend. */
    async run(): Promise<void> {
      heartbeat.start();
      try {
        await consumer.run(async ({ claim, messages }) => {
          const writer = writers.get(claim) ?? new PartitionWriter(claim, poster);
          writers.set(claim, writer);
          await writer.take(messages);
        });
      } catch (error) {
        if (!stopped.signal.aborted) throw error;
        log.info({ err: error }, "stopped in the middle of a range; the next start goes on with it");
      }
    },
    async stop(): Promise<void> {
      stopped.abort();
      heartbeat.stop();
      await consumer.stop();
      await deadLetters.close();
      await store.close();
    },
  };
}

function createHeartbeat(store: Store, log: Logger, run: string) {
  const started = Date.now();
  let timer: NodeJS.Timeout | undefined;
  const beat = async () => {
    const row = {
      process: "ingest",
      host: hostname(),
      pid: process.pid,
      run,
      started,
      detail: "",
      updated: Date.now(),
    };
    try {
      await store.insertRows("processes", [row]);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.debug({ err: error }, "no heartbeat: ClickHouse is away");
    }
  };
  return {
    start() {
      void beat();
      timer = setInterval(() => void beat(), HEARTBEAT_INTERVAL_MS);
    },
    stop: () => clearInterval(timer),
  };
}
