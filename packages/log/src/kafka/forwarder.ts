/**
 * Moves the blocks of a spool to Kafka. One batch at a time: sent, acknowledged by all replicas, and only then taken from
 * the spool; so a crash in between sends it again, with the same producer and sequence, and ingest drops what it has.
 * Nothing overtakes: a batch that fails is tried again, by a new producer, until Kafka has it.
 */
import type { TableName } from "@lockstep/schemas/blocks/tables";
import { type LogBatch, LogError, type LogMessage } from "../log.ts";
import { openSpoolConsumer } from "../spool/consumer.ts";
import { openSpoolDeadLetters } from "../spool/dead-letters.ts";
import type { KafkaLogger } from "./client.ts";
import { aborted, isOfType, messageOf, pause, TOO_LARGE } from "./failure.ts";
import { Sender } from "./sender.ts";
import type { KafkaSettings } from "./settings.ts";
import { MAX_MESSAGE_BYTES } from "./topics.ts";

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
  /** Gives a send that is under way a moment more; what is left stays in the spool. */
  stop(): Promise<void>;
};

const POLL_MS = 50;
const MAX_BATCH = { bytes: 8 * 2 ** 20, rows: 400_000 };
/** Headers and the batch around a block. */
const ENVELOPE_BYTES = 4096;
const RETRY = { firstMs: 200, lastMs: 2_000 };
/** Whoever supervises the process kills it five seconds after it was asked to end. */
const STOP_MS = 1_500;

/** Resolves at once, also while Kafka is away. Rejects with LogError `io` where a file of the settings cannot be read. */
export async function startForwarder(options: ForwarderOptions): Promise<Forwarder> {
  const { path, maxBytes, settings, clientId, log } = options;
  const sender = new Sender(settings, clientId, log);
  const consumer = await openSpoolConsumer({
    path,
    pollMs: POLL_MS,
    maxBatchBytes: MAX_BATCH.bytes,
    maxBatchRows: MAX_BATCH.rows,
    ...(maxBytes !== undefined && { maxBytes }),
  });
  const forwarding = new Forwarding(options, sender);
  consumer.run((batch) => forwarding.take(batch)).catch((error) => forwarding.ended(error));
  return {
    get trouble() {
      return forwarding.trouble;
    },
    async stop() {
      const giveUp = forwarding.stop();
      await consumer.stop();
      clearTimeout(giveUp);
      await sender.drop();
    },
  };
}

class Forwarding {
  readonly #options: ForwarderOptions;
  readonly #sender: Sender;
  readonly #stopping = new AbortController();
  readonly #givenUp = new AbortController();
  trouble: LogError | undefined;

  constructor(options: ForwarderOptions, sender: Sender) {
    this.#options = options;
    this.#sender = sender;
  }

  /** Nothing new is begun; the returned timer gives up what is under way. */
  stop(): NodeJS.Timeout {
    this.#stopping.abort();
    return setTimeout(() => this.#givenUp.abort(), STOP_MS);
  }

  async take({ claim, messages }: LogBatch): Promise<void> {
    await this.#deliver(claim.topic, messages);
    await this.#untilKept(() => claim.commit({ offset: messages.at(-1)!.offset + 1, metadata: "" }));
  }

  /** Resolves when Kafka has them or they are given up for their age; rejects only when stopped or with a misfit. */
  async #deliver(topic: TableName, messages: readonly LogMessage[]): Promise<void> {
    let left = messages;
    for (let failures = 0; ; ) {
      // Asked again each time: while Kafka is away for days, the oldest have to make room.
      left = this.#withoutOld(left);
      if (left.length === 0) return;
      this.#stopping.signal.throwIfAborted();
      // A link on which the whole batch takes longer than an answer may gets it in parts.
      const part = left.slice(0, Math.max(1, Math.ceil(left.length / 2 ** failures)));
      if (await this.#attempt(topic, part)) {
        left = left.slice(part.length);
        failures = Math.max(0, failures - 1);
      } else {
        await this.#backOff(failures);
        failures += 1;
      }
    }
  }

  /** Whether all of them are with Kafka or laid aside now. */
  async #attempt(topic: TableName, messages: readonly LogMessage[]): Promise<boolean> {
    if (messages.some(isTooLong)) {
      await this.#deliverApart(topic, messages, "");
      return true;
    }
    let seconds: number;
    try {
      seconds = await this.#sender.send(topic, messages, this.#givenUp.signal);
    } catch (error) {
      if (error instanceof LogError && error.code === "misfit") return this.#fatal(error);
      if (isOfType(error, TOO_LARGE)) {
        await this.#deliverApart(topic, messages, messageOf(error));
        return true;
      }
      await this.#failed(error);
      return false;
    }
    this.#setTrouble(undefined);
    const rows = messages.reduce((sum, message) => sum + message.rows, 0);
    const bytes = messages.reduce((sum, { block }) => sum + block.length, 0);
    this.#options.onSent?.(topic, rows, bytes, seconds);
    return true;
  }

  #withoutOld(messages: readonly LogMessage[]): readonly LogMessage[] {
    const { maxAgeMs = Number.POSITIVE_INFINITY, onDropped } = this.#options;
    const oldest = Date.now() - maxAgeMs;
    return messages.filter(({ table, rows, appendedAt }) => {
      const keep = appendedAt === undefined || appendedAt >= oldest;
      if (!keep) onDropped?.(table, rows);
      return keep;
    });
  }

  /** A block that is too large alone must not keep the others; `refusal` is what Kafka said, if it was asked. */
  async #deliverApart(topic: TableName, messages: readonly LogMessage[], refusal: string): Promise<void> {
    const [only] = messages;
    if (only === undefined) return;
    if (messages.length > 1) {
      for (const message of messages) await this.#deliver(topic, [message]);
      return;
    }
    const reason = `Kafka refused it: ${only.block.length} bytes are more than a message may have${refusal && ` (${refusal})`}`;
    await this.#untilKept(() => this.#layAside(topic, only, reason));
    this.#options.log.error({ topic, rows: only.rows, reason }, "a block was laid aside as a dead letter of the spool");
  }

  async #layAside(topic: TableName, message: LogMessage, reason: string): Promise<void> {
    const { path, maxBytes } = this.#options;
    const letters = await openSpoolDeadLetters({ path, ...(maxBytes !== undefined && { maxBytes }) });
    try {
      await letters.put({ topic, partition: message.lane ?? 0, message, reason });
    } finally {
      await letters.close();
    }
  }

  /** A disk that is full for a while must not end the process: then nobody would scrape. */
  async #untilKept(keep: () => Promise<void>): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await keep();
      } catch (error) {
        if (this.#stopping.signal.aborted || !(error instanceof LogError) || !error.retriable) throw error;
        this.#setTrouble(error);
        await this.#backOff(attempt);
      }
    }
  }

  #backOff(attempt: number): Promise<void> {
    return pause(Math.min(RETRY.lastMs, RETRY.firstMs * 2 ** attempt), this.#stopping.signal);
  }

  async #failed(error: unknown): Promise<void> {
    if (!this.#stopping.signal.aborted) {
      this.#options.onError?.(error);
      this.#setTrouble(new LogError("io", `Kafka takes nothing: ${messageOf(error)}`, { cause: error }));
    }
    await this.#sender.drop();
  }

  /** Sends nothing more until it is stopped, which is up to whoever was told. */
  async #fatal(error: LogError): Promise<never> {
    this.trouble = error;
    this.#options.onFatal(error);
    await aborted(this.#stopping.signal);
    throw error;
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
    if (this.#stopping.signal.aborted) return;
    this.#options.onFatal(
      error instanceof LogError ? error : new LogError("io", `forwarding ended: ${messageOf(error)}`, { cause: error }),
    );
  }
}

function isTooLong({ block }: LogMessage): boolean {
  return block.length > MAX_MESSAGE_BYTES - ENVELOPE_BYTES;
}
