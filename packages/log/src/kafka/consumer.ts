/**
 * Ingest's side of the log on Kafka: a consumer group whose members own partitions for an epoch. An epoch ends with
 * anything that may have moved the partitions (a rebalance, a crash, a stop, a silence as long as the session); then all
 * claims of it are lost, and whoever owns the partitions next begins from what was committed. A membership that broke is
 * followed by a new one, of a new consumer of kafkajs: its own restart gives up on errors that pass with time, such as a
 * coordinator that is not found while its broker starts.
 */
import { TABLE_NAMES, type TableName } from "@lockstep/schemas/blocks/tables";
import type { Admin, Consumer, EachBatchPayload, Kafka } from "kafkajs";
import { type LogBatch, type LogConsumer, LogError, type PartitionLag } from "../log.ts";
import { createKafka, type KafkaLogger } from "./client.ts";
import { Epoch } from "./consumer-epoch.ts";
import { aborted, isFencing, messageOf, pause, within } from "./failure.ts";
import { decodeMessage } from "./message.ts";
import type { KafkaSettings } from "./settings.ts";
import { tableOf, topicOf } from "./topic-names.ts";
import { ensureTopics } from "./topics.ts";

export type KafkaConsumerOptions = {
  readonly settings: KafkaSettings;
  /** Default `<prefix>.ingest`. */
  readonly groupId?: string;
  readonly clientId: string;
  readonly log: KafkaLogger;
  /** How long the broker gathers before it answers, unless `minBytes` are there sooner. */
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  /** Of one partition in one answer, as packed; a single larger message still comes. */
  readonly maxBytesPerPartition?: number;
  readonly onRebalance?: () => void;
};

export const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 1_000;
const REBALANCE_TIMEOUT_MS = 20_000;
/** How long a rebalance waits for a post under way; well within what the group waits for its members. */
const GRACE_MS = 5_000;
const STOP_MS = 10_000;
const LAG_MS = 3_000;
const RETRY = { firstMs: 500, lastMs: 5_000 };

/** Resolves at once; `run` connects, and waits where Kafka is away. */
export async function openKafkaConsumer(options: KafkaConsumerOptions): Promise<LogConsumer> {
  return new KafkaConsumer(options);
}

class KafkaConsumer implements LogConsumer {
  readonly #options: KafkaConsumerOptions;
  readonly #groupId: string;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #stopping = new AbortController();
  /** Rejects by an error of the reader. */
  readonly #failure = Promise.withResolvers<never>();
  readonly #ended = Promise.withResolvers<void>();
  #running = false;
  #failed = false;
  /** Memberships that broke since the last join. */
  #failures = 0;
  #epoch: Epoch | undefined;
  #logId = "";

  constructor(options: KafkaConsumerOptions) {
    const { settings, clientId, log } = options;
    this.#options = options;
    this.#groupId = options.groupId ?? `${settings.topicPrefix}.ingest`;
    this.#kafka = createKafka(settings, clientId, log);
    this.#admin = this.#kafka.admin();
    this.#failure.promise.catch(() => {}); // told by run()
  }

  async run(onBatch: (batch: LogBatch) => Promise<void>): Promise<void> {
    const { settings, log } = this.#options;
    this.#running = true;
    try {
      while (!this.#stopping.signal.aborted) {
        try {
          await this.#member(onBatch);
        } catch (error) {
          if (this.#failed || (error instanceof LogError && error.code === "misfit")) throw error;
          if (this.#failures++ === 0) {
            const brokers = settings.brokers.join(", ");
            log.warn({ err: error }, `${this.#groupId} cannot read Kafka (${brokers}); tried until it can`);
          }
        }
        await pause(Math.min(RETRY.lastMs, RETRY.firstMs * 2 ** this.#failures), this.#stopping.signal);
      }
    } finally {
      await within(LAG_MS, this.#admin.disconnect()).catch((error) => this.#leaving(error));
      this.#ended.resolve();
    }
  }

  /** One membership: to the stop, to its crash or the reader's error, by which it rejects, also where topics do not fit. */
  async #member(onBatch: (batch: LogBatch) => Promise<void>): Promise<void> {
    const stopped = aborted(this.#stopping.signal);
    await Promise.race([this.#checkTopics(), stopped]);
    if (this.#stopping.signal.aborted) return;
    const consumer = this.#createConsumer();
    const crash = Promise.withResolvers<never>();
    crash.promise.catch(() => {}); // told by the race below
    const endListening = this.#listen(consumer, crash.reject);
    try {
      const joined = this.#join(consumer, onBatch);
      await Promise.race([Promise.all([joined, crash.promise]), this.#failure.promise, stopped]);
    } finally {
      // A post under way may end and be committed, within bounds.
      await within(STOP_MS, consumer.disconnect()).catch((error) => this.#leaving(error));
      endListening();
      this.#epoch?.end();
    }
  }

  async #checkTopics(): Promise<void> {
    await this.#admin.connect();
    await ensureTopics(this.#admin, this.#options.settings);
    this.#logId = (await this.#admin.describeCluster()).clusterId;
  }

  async #join(consumer: Consumer, onBatch: (batch: LogBatch) => Promise<void>): Promise<void> {
    const { settings } = this.#options;
    await consumer.connect();
    await consumer.subscribe({ topics: TABLE_NAMES.map((table) => topicOf(settings, table)), fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: (payload) => this.#take(payload, onBatch),
    });
  }

  #createConsumer(): Consumer {
    const { maxWaitMs = 300, minBytes = 512 * 1024, maxBytesPerPartition = 8 * 2 ** 20 } = this.#options;
    return this.#kafka.consumer({
      groupId: this.#groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      maxWaitTimeInMs: maxWaitMs,
      minBytes,
      maxBytesPerPartition,
      maxBytes: 4 * maxBytesPerPartition,
      allowAutoTopicCreation: false,
      retry: { retries: 10, initialRetryTime: 100, maxRetryTime: 2_000, restartOnFailure: async () => false },
    });
  }

  #listen(consumer: Consumer, onCrash: (error: Error) => void): () => void {
    const { GROUP_JOIN, REQUEST, REBALANCING, CRASH, STOP, DISCONNECT, END_BATCH_PROCESS } = consumer.events;
    const endEpoch = () => this.#epoch?.end();
    const removers = [
      // From its answer on, what kafkajs commits speaks for the new generation.
      consumer.on(REQUEST, ({ payload }) => {
        if (payload.apiName === "JoinGroup") endEpoch();
      }),
      consumer.on(GROUP_JOIN, ({ payload }) => this.#begin(consumer, payload.memberAssignment)),
      consumer.on(REBALANCING, endEpoch),
      consumer.on(STOP, endEpoch),
      consumer.on(DISCONNECT, endEpoch),
      consumer.on(END_BATCH_PROCESS, ({ payload }) => {
        const table = tableOf(this.#options.settings, payload.topic);
        const claim = table === undefined ? undefined : this.#epoch?.claim(table, payload.partition);
        // Also told of batches that no handler sees, because all of their records are marks of transactions.
        claim?.backlog.read([], Number(payload.lastOffset) + 1);
      }),
      consumer.on(CRASH, ({ payload }) => {
        endEpoch();
        onCrash(payload.error);
      }),
    ];
    return () => {
      for (const remove of removers) remove();
    };
  }

  #begin(consumer: Consumer, assignment: Readonly<Record<string, readonly number[]>>): void {
    this.#epoch?.end();
    const { settings, log, onRebalance } = this.#options;
    if (this.#failures > 0) log.warn({}, `${this.#groupId} reads Kafka again`);
    this.#failures = 0;
    const partitions = Object.entries(assignment).flatMap(([kafkaTopic, numbers]) => {
      const topic = tableOf(settings, kafkaTopic);
      return topic === undefined ? [] : numbers.map((partition) => ({ kafkaTopic, topic, partition }));
    });
    this.#epoch = new Epoch({
      partitions,
      groupId: this.#groupId,
      logId: this.#logId,
      consumer,
      admin: this.#admin,
      stopping: this.#stopping.signal,
      log,
    });
    onRebalance?.();
  }

  async #take(payload: EachBatchPayload, onBatch: (batch: LogBatch) => Promise<void>): Promise<void> {
    const { batch, resolveOffset } = payload;
    const epoch = this.#epoch;
    const topic = tableOf(this.#options.settings, batch.topic);
    const last = batch.messages.at(-1);
    if (topic === undefined || last === undefined || this.#failed || this.#stopping.signal.aborted) return;
    const claim = epoch?.claim(topic, batch.partition);
    if (epoch === undefined || claim === undefined || epoch.lost.aborted) return;
    const messages = batch.messages.map((message) => decodeMessage(topic, message));
    const next = Number(batch.lastOffset()) + 1;
    claim.read(messages, next, Number(batch.highWatermark), payload.commitOffsetsIfNecessary);
    const endBeat = keepAlive(payload.heartbeat, epoch);
    const done = new AbortController();
    try {
      await Promise.race([onBatch({ claim, messages }), epoch.whenLost(GRACE_MS, done.signal)]);
    } catch (error) {
      if (!isFencedError(error) && !epoch.lost.aborted) {
        this.#failed = true;
        this.#failure.reject(error);
        return;
      }
    } finally {
      endBeat();
      done.abort();
    }
    if (!epoch.lost.aborted) resolveOffset(last.offset);
    // kafkajs joins the group again on it.
    else if (epoch === this.#epoch && !this.#stopping.signal.aborted) throw epoch.leave();
  }

  holds(topic: TableName, partition: number): boolean {
    return this.#epoch !== undefined && !this.#epoch.lost.aborted && this.#epoch.claim(topic, partition) !== undefined;
  }

  /** Asks Kafka how far the partitions reach; where it does not answer, tells what was known. */
  async lag(): Promise<readonly PartitionLag[]> {
    const claims = this.#epoch?.claims ?? [];
    const now = Date.now();
    const topics = [...new Set(claims.map(({ topic }) => topic))];
    await Promise.all(
      topics.map(async (topic) => {
        const asked = this.#admin.fetchTopicOffsets(topicOf(this.#options.settings, topic));
        const ends = await within(LAG_MS, asked).catch(() => []); // Kafka is away; whoever reads says so
        for (const { partition, high } of ends) this.#epoch?.claim(topic, partition)?.backlog.grew(Number(high), now);
      }),
    );
    return claims.map((claim) => claim.lag(now));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#running) await this.#ended.promise;
  }

  #leaving(error: unknown): void {
    this.#options.log.debug({ err: error }, `leaving the group: ${messageOf(error)}`);
  }
}

/**
 * Heartbeats while a batch is worked on; kafkajs sends none meanwhile. A member that was not heard for the length of its
 * session is none any more, whatever the reason: it may have slept, or the coordinator has gone.
 */
function keepAlive(heartbeat: () => Promise<void>, epoch: Epoch): () => void {
  let heardAt = Date.now();
  const timer = setInterval(() => {
    if (Date.now() - heardAt > SESSION_TIMEOUT_MS) epoch.end();
    heartbeat().then(
      () => {
        heardAt = Date.now();
      },
      (error: unknown) => {
        if (isFencing(error)) epoch.announce(error);
      },
    );
  }, HEARTBEAT_MS);
  return () => clearInterval(timer);
}

function isFencedError(error: unknown): boolean {
  return error instanceof LogError && error.code === "fenced";
}
