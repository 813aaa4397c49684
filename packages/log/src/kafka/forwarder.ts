/**
 * Moves the blocks of a spool to Kafka. One batch at a time: sent, acknowledged by all replicas, and only then taken from
 * the spool; so a crash in between sends it again, with the same producer and sequence, and ingest drops what it has.
 * Nothing overtakes: a batch that fails is tried again, by a new producer, until Kafka has it.
 */
import type { TableName } from "@lockstep/schemas/blocks/tables";
import type { Admin, Kafka, Producer } from "kafkajs";
import { type LogBatch, LogError, type LogMessage } from "../log.ts";
import { openSpoolConsumer } from "../spool/consumer.ts";
import { openSpoolDeadLetters } from "../spool/dead-letters.ts";
import { COMPRESSION, createKafka, type KafkaLogger } from "./client.ts";
import { messageOf, pause, within } from "./failure.ts";
import { encodeMessage } from "./message.ts";
import type { KafkaSettings } from "./settings.ts";
import { partitionsOf, topicOf } from "./topic-names.ts";
import { ensureTopics, MAX_MESSAGE_BYTES } from "./topics.ts";

export type ForwarderOptions = {
  /** Folder of the spool. */
  readonly path: string;
  readonly maxBytes?: number;
  /** Blocks that have been in the spool for longer are given up. */
  readonly maxAgeMs?: number;
  readonly settings: KafkaSettings;
  readonly clientId: string;
  readonly log: KafkaLogger;
  /** Called when Kafka has acknowledged them, before the spool forgets them. */
  readonly onSent?: (table: TableName, rows: number, bytes: number, seconds: number) => void;
  readonly onError?: (error: unknown) => void;
  readonly onDropped?: (table: TableName, rows: number) => void;
  /** Topics that do not fit: nothing can be sent until somebody has changed that. */
  readonly onFatal: (error: LogError) => void;
};

export type Forwarder = {
  /** Why Kafka takes nothing at the moment. */
  readonly trouble: LogError | undefined;
  /** Ends after the send that is under way; what is left stays in the spool. */
  stop(): Promise<void>;
};

const POLL_MS = 50;
const MAX_BATCH = { bytes: 8 * 2 ** 20, rows: 400_000 };
/** Headers and the batch around a block. */
const ENVELOPE_BYTES = 4096;
const SEND_TIMEOUT_MS = 15_000;
const RETRY = { firstMs: 200, lastMs: 2_000 };

/** Resolves at once, also while Kafka is away. */
export async function startForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const { path, maxBytes } = options;
  const consumer = await openSpoolConsumer({
    path,
    pollMs: POLL_MS,
    maxBatchBytes: MAX_BATCH.bytes,
    maxBatchRows: MAX_BATCH.rows,
    ...(maxBytes !== undefined && { maxBytes }),
  });
  const forwarding = new Forwarding(options);
  consumer.run((batch) => forwarding.take(batch)).catch((error) => forwarding.ended(error));
  return {
    get trouble() {
      return forwarding.trouble;
    },
    async stop() {
      forwarding.stopping.abort();
      await consumer.stop();
      await forwarding.close();
    },
  };
}

class Forwarding {
  readonly #options: ForwarderOptions;
  readonly #kafka: Kafka;
  #producer: Producer | undefined;
  #topicsChecked = false;
  trouble: LogError | undefined;
  readonly stopping = new AbortController();

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#kafka = createKafka(options.settings, options.clientId, options.log);
  }

  async take({ claim, messages }: LogBatch): Promise<void> {
    const { maxAgeMs = Number.POSITIVE_INFINITY, onDropped } = this.#options;
    const oldest = Date.now() - maxAgeMs;
    const young = messages.filter(({ appendedAt }) => appendedAt === undefined || appendedAt >= oldest);
    for (const { table, rows, appendedAt } of messages) {
      if (appendedAt !== undefined && appendedAt < oldest) onDropped?.(table, rows);
    }
    await this.#deliver(claim.topic, young);
    await claim.commit({ offset: messages.at(-1)!.offset + 1, metadata: "" });
  }

  /** Resolves when Kafka has them; rejects only when stopped. */
  async #deliver(topic: TableName, messages: readonly LogMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const tooLarge = messages.find(({ block }) => block.length > MAX_MESSAGE_BYTES - ENVELOPE_BYTES);
    if (tooLarge !== undefined) {
      return this.#deliverApart(
        topic,
        messages,
        new Error(`${tooLarge.block.length} bytes are more than a message may have`),
      );
    }
    for (let attempt = 1; ; attempt++) {
      this.stopping.signal.throwIfAborted();
      try {
        const began = performance.now();
        await this.#send(topic, messages);
        this.#setTrouble(undefined);
        const rows = messages.reduce((sum, message) => sum + message.rows, 0);
        const bytes = messages.reduce((sum, message) => sum + message.block.length, 0);
        this.#options.onSent?.(topic, rows, bytes, (performance.now() - began) / 1000);
        return;
      } catch (error) {
        if (error instanceof LogError && error.code === "misfit") return this.#fatal(error);
        if (isTooLarge(error)) return this.#deliverApart(topic, messages, error);
        this.#options.onError?.(error);
        this.#setTrouble(new LogError("io", `Kafka takes nothing: ${messageOf(error)}`, { cause: error }));
        await this.#dropProducer();
        await pause(Math.min(RETRY.lastMs, RETRY.firstMs * 2 ** (attempt - 1)), this.stopping.signal);
      }
    }
  }

  async #send(table: TableName, messages: readonly LogMessage[]): Promise<void> {
    const { settings } = this.#options;
    const producer = await this.#connected();
    const partitions = partitionsOf(settings, table);
    await within(
      SEND_TIMEOUT_MS,
      producer.send({
        topic: topicOf(settings, table),
        acks: -1,
        compression: COMPRESSION[settings.compression],
        messages: messages.map((message) => encodeMessage(message, (message.lane ?? 0) % partitions)),
      }),
    );
  }

  /** A block that is too large alone must not keep the others. */
  async #deliverApart(topic: TableName, messages: readonly LogMessage[], error: unknown): Promise<void> {
    const [only] = messages;
    if (messages.length > 1) {
      for (const message of messages) await this.#deliver(topic, [message]);
      return;
    }
    const reason = `Kafka refused it: ${messageOf(error)}`;
    const letters = await openSpoolDeadLetters({ path: this.#options.path });
    await letters.put({ topic, partition: only!.lane ?? 0, message: only!, reason });
    await letters.close();
    this.#options.log.error(
      { topic, rows: only!.rows, reason },
      "a block was laid aside as a dead letter of the spool",
    );
  }

  async #connected(): Promise<Producer> {
    if (!this.#topicsChecked) {
      await within(SEND_TIMEOUT_MS, this.#checkTopics());
      this.#topicsChecked = true;
    }
    if (this.#producer === undefined) {
      const producer = this.#kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
      });
      this.#producer = producer;
      await within(SEND_TIMEOUT_MS, producer.connect());
    }
    return this.#producer;
  }

  async #checkTopics(): Promise<void> {
    const admin: Admin = this.#kafka.admin();
    try {
      await admin.connect();
      await ensureTopics(admin, this.#options.settings);
    } finally {
      await admin.disconnect().catch(() => {}); // it told us already what is wrong
    }
  }

  /** What a broken producer has under way may still arrive; ingest knows it by its sequence. */
  async #dropProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await within(2_000, producer?.disconnect() ?? Promise.resolve()).catch(() => {}); // it is given up anyway
  }

  #fatal(error: LogError): Promise<never> {
    this.#options.onFatal(error);
    return new Promise(() => {}); // the process is about to end
  }

  #setTrouble(trouble: LogError | undefined): void {
    const { log } = this.#options;
    if (trouble !== undefined && this.trouble === undefined) {
      log.warn({ err: trouble }, "Kafka takes nothing; blocks wait in the spool");
    } else if (trouble === undefined && this.trouble !== undefined) {
      log.warn({}, "Kafka takes blocks again");
    }
    this.trouble = trouble;
  }

  ended(error: unknown): void {
    if (this.stopping.signal.aborted) return;
    this.#options.onFatal(
      error instanceof LogError ? error : new LogError("io", `forwarding ended: ${messageOf(error)}`, { cause: error }),
    );
  }

  close(): Promise<void> {
    return this.#dropProducer();
  }
}

function isTooLarge(error: unknown): boolean {
  const type = (error as { type?: string; cause?: { type?: string } })?.type;
  const cause = (error as { cause?: { type?: string } })?.cause?.type;
  return [type, cause].some((name) => name === "MESSAGE_TOO_LARGE" || name === "RECORD_LIST_TOO_LARGE");
}
