/**
 * Blocks laid aside, in the topic `<prefix>.deadletter`: the block is the value, where it came from and why are headers.
 * A replay is one transaction: the block goes to the end of its topic again and a marker says that the letter is done.
 */
import { randomUUID } from "node:crypto";
import { TABLE_NAMES, type TableName } from "@lockstep/schemas/blocks/tables";
import type { Kafka, KafkaMessage, Message, Producer, Transaction } from "kafkajs";
import { type DeadLetter, type DeadLetters, LogError, type LogMessage, type NewDeadLetter } from "../log.ts";
import { COMPRESSION, createKafka, type KafkaLogger } from "./client.ts";
import { isOfType, messageOf, TOO_LARGE, within } from "./failure.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import type { KafkaSettings } from "./settings.ts";
import { deadLetterTopic, partitionsOf, topicOf } from "./topic-names.ts";
import { readToEnd } from "./topic-reader.ts";

const ANSWER_MS = 15_000;
/** Of what is read back, the newest. */
const MAX_LETTERS = 1000;
/** While a transaction is open, ingest sees nothing behind it in that partition. */
const TRANSACTION_MS = 10_000;

/** Kafka may be away; then its calls reject with LogError `io`. */
export async function openKafkaDeadLetters(
  settings: KafkaSettings,
  clientId: string,
  log: KafkaLogger,
): Promise<DeadLetters> {
  return new KafkaDeadLetters(settings, createKafka(settings, clientId, log));
}

class KafkaDeadLetters implements DeadLetters {
  readonly #settings: KafkaSettings;
  readonly #kafka: Kafka;
  readonly #topic: string;
  #producer: Producer | undefined;
  /** Who sends what is replayed here: one name for many letters, because ingest remembers only so many. */
  readonly #replayer = `deadletter-${randomUUID().slice(0, 8)}`;
  #replays = 0;

  constructor(settings: KafkaSettings, kafka: Kafka) {
    this.#settings = settings;
    this.#kafka = kafka;
    this.#topic = deadLetterTopic(settings);
  }

  async put(letter: NewDeadLetter): Promise<void> {
    const producer = this.#producer ?? this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    this.#producer = producer;
    try {
      await within(ANSWER_MS, producer.connect());
      await this.#send(producer, encodeLetter(letter));
    } catch (error) {
      if (this.#producer === producer) this.#producer = undefined;
      producer.disconnect().catch(() => {}); // it is given up
      const { topic, partition, message } = letter;
      throw asIo(error, `dead letter ${topic}/${partition}/${message.offset} was not kept`);
    }
  }

  async #send(producer: Producer, letter: Message): Promise<void> {
    const { compression } = this.#settings;
    const send = (message: Message) =>
      within(
        ANSWER_MS,
        producer.send({
          topic: this.#topic,
          acks: -1,
          compression: COMPRESSION[compression],
          messages: [message],
        }),
      );
    try {
      await send(letter);
    } catch (error) {
      if (!isOfType(error, TOO_LARGE)) throw error;
      // Better known of without its block than in the way of all that come behind it.
      const reason = `${String(letter.headers?.["reason"])} (its ${letter.value?.length} bytes are too large to be kept)`;
      await send({ ...letter, value: Buffer.alloc(0), headers: { ...letter.headers, reason } });
    }
  }

  async list(): Promise<readonly Omit<DeadLetter, "message">[]> {
    const letters = new Map<string, Omit<DeadLetter, "message">>();
    await this.#read((id, message) => {
      if (message === undefined) {
        letters.delete(id);
        return;
      }
      letters.set(id, describedBy(message));
      const [oldest] = letters.keys();
      if (letters.size > MAX_LETTERS && oldest !== undefined) letters.delete(oldest);
    });
    return [...letters.values()];
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    let letter: DeadLetter | undefined;
    await this.#read((found, message) => {
      if (found === id) letter = message && { ...describedBy(message), message: blockOf(message) };
    });
    return letter;
  }

  /** Tells of every letter, oldest first, and of every one that was replayed (then without a message). */
  async #read(onLetter: (id: string, message: KafkaMessage | undefined) => void): Promise<void> {
    try {
      await readToEnd(this.#kafka, this.#topic, (message) => {
        const replayed = message.headers?.["replayed"];
        if (replayed === undefined) onLetter(message.offset, message);
        else onLetter(String(replayed), undefined);
      });
    } catch (error) {
      throw asIo(error, `the dead letters in ${this.#topic} cannot be read`);
    }
  }

  async replay(id: string): Promise<boolean> {
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      transactionalId: `${this.#topic}.replay`,
      transactionTimeout: TRANSACTION_MS,
    });
    try {
      await producer.connect();
      // Begun before the letter is looked for: of two who replay the same one, the later ends the earlier's transaction
      // or sees what it did.
      const transaction = await producer.transaction();
      try {
        const letter = await this.get(id);
        if (letter === undefined) return false;
        await this.#replayIn(transaction, letter);
        await transaction.commit();
        return true;
      } finally {
        // Kafka ends it by itself where this fails, too.
        if (transaction.isActive()) await transaction.abort().catch(() => {});
      }
    } catch (error) {
      throw asIo(error, `dead letter ${id} was not replayed`);
    } finally {
      await producer.disconnect();
    }
  }

  async #replayIn(transaction: Transaction, letter: DeadLetter): Promise<void> {
    const table = TABLE_NAMES.find((name) => name === letter.topic);
    if (table === undefined) {
      throw new LogError("corrupt", `dead letter ${letter.id} does not say from which of our topics it came`);
    }
    const { scrapedAt: _, appendedAt: __, ...message } = letter.message; // nobody waits for it any more
    const again = { ...message, producer: this.#replayer, sequence: this.#replays++ };
    const compression = COMPRESSION[this.#settings.compression];
    const partition = letter.partition % partitionsOf(this.#settings, table);
    const topic = topicOf(this.#settings, table);
    await transaction.send({ topic, acks: -1, compression, messages: [encodeMessage(again, partition)] });
    const marker = { partition: 0, value: null, headers: { replayed: letter.id } };
    await transaction.send({ topic: this.#topic, acks: -1, messages: [marker] });
  }

  async close(): Promise<void> {
    await this.#producer?.disconnect();
  }
}

function encodeLetter({ topic, partition, message, reason }: NewDeadLetter): Message {
  const { headers, value } = encodeMessage(message, 0);
  return {
    partition: 0,
    value,
    headers: {
      ...headers,
      reason,
      from_topic: topic,
      from_partition: String(partition),
      from_offset: String(message.offset),
      laid_aside_at: String(Date.now()),
    },
  };
}

function describedBy(message: KafkaMessage): Omit<DeadLetter, "message"> {
  return {
    id: message.offset,
    topic: header(message, "from_topic") ?? "",
    partition: Number(header(message, "from_partition") ?? 0),
    reason: header(message, "reason") ?? "no reason is told",
    laidAsideAt: Number(header(message, "laid_aside_at") ?? message.timestamp),
  };
}

function blockOf(message: KafkaMessage): LogMessage {
  const decoded = decodeMessage((header(message, "from_topic") ?? "") as TableName, message);
  return { ...decoded, offset: Number(header(message, "from_offset") ?? message.offset) };
}

function header(message: KafkaMessage, name: string): string | undefined {
  return message.headers?.[name]?.toString();
}

function asIo(error: unknown, what: string): LogError {
  if (error instanceof LogError) return error;
  return new LogError("io", `${what}: ${messageOf(error)}`, { cause: error });
}
