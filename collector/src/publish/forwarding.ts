/** The way from the spool on to Kafka: what is counted of it, and its end. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Forwarder, type ForwarderOptions, startForwarder } from "@lockstep/log/kafka/forwarder";
import { LogError, type LogProducer } from "@lockstep/log/log";
import { ConfigError } from "@lockstep/process/config-error";
import type { Logger } from "@lockstep/process/process";
import type { ForwardingCounts } from "../self-metrics.ts";

export type ForwardingOptions = Pick<
  ForwarderOptions,
  "path" | "maxBytes" | "maxAgeMs" | "settings" | "clientId" | "onFatal"
> & {
  /** Of the spool that is emptied. */
  readonly producer: Pick<LogProducer, "stats">;
  readonly log: Logger;
  readonly counts: ForwardingCounts;
};

export type Forwarding = {
  /** Why blocks stay in the spool at present; null: they do not. */
  readonly away: string | null;
  /** Gives it a moment to empty the spool; what is left goes at the next start. */
  stop(): Promise<void>;
};

const DRAIN_MS = 2_000;
const DRAIN_POLL_MS = 20;
/** Blocks that are dropped for their age come in batches; one line in this time is enough. */
const DROPS_TOLD_EVERY_MS = 60_000;

/** Kafka may be away. Rejects with ConfigError where a file of the settings cannot be read. */
export async function startForwarding(options: ForwardingOptions): Promise<Forwarding> {
  const { producer, log, counts, ...rest } = options;
  const tellDropped = dropTeller(log);
  let forwarder: Forwarder;
  try {
    forwarder = await startForwarder({
      ...rest,
      log,
      onSent: counts.sent,
      onError: counts.failed,
      onDropped: (table, rows) => {
        counts.dropped(table, rows);
        tellDropped(rows);
      },
    });
  } catch (error) {
    if (error instanceof LogError) throw new ConfigError(`Kafka: ${error.message}`);
    throw error;
  }
  return forwardingOf(forwarder, producer);
}

export function forwardingOf(forwarder: Forwarder, producer: Pick<LogProducer, "stats">): Forwarding {
  return {
    get away() {
      return forwarder.trouble?.message ?? null;
    },
    async stop() {
      const until = performance.now() + DRAIN_MS;
      while (producer.stats().blocks > 0 && forwarder.trouble === undefined && performance.now() < until) {
        await sleep(DRAIN_POLL_MS);
      }
      await forwarder.stop();
    },
  };
}

export function dropTeller(log: Pick<Logger, "error">, now: () => number = () => performance.now()) {
  let rowsUntold = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  return (rows: number): void => {
    rowsUntold += rows;
    if (now() - toldAt < DROPS_TOLD_EVERY_MS) return;
    log.error(
      { rows: rowsUntold },
      "rows dropped from the spool: Kafka did not take them within lockstep.spool.max_age",
    );
    rowsUntold = 0;
    toldAt = now();
  };
}
