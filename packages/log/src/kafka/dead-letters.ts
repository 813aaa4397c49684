/**
 * Blocks laid aside, in the topic `<prefix>.deadletter`: the block is the value, where it came from and why are headers.
 * A replay is one transaction: the block goes to the end of its topic again and a marker says that the letter is done.
 */
import { randomUUID } from "node:crypto";
import type { TableName } from "@lockstep/schemas/blocks/tables";
import type { Admin, Kafka, KafkaMessage, Message, Producer } from "kafkajs";
import { type DeadLetter, type DeadLetters, LogError, type NewDeadLetter } from "../log.ts";
import { createKafka, type KafkaLogger } from "./client.ts";
import { messageOf, within } from "./failure.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import type { KafkaSettings } from "./settings.ts";
import { deadLetterTopic, partitionsOf, topicOf } from "./topic-names.ts";

const ANSWER_MS = 15_000;
/** Of what is read back, the newest. */
const MAX_LETTERS = 1000;

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

  constructor(settings: KafkaSettings, kafka: Kafka) {
    this.#settings = settings;
    this.#kafka = kafka;
    this.#topic = deadLetterTopic(settings);
  }

  async put({ topic, partition, message, reason }: NewDeadLetter): Promise<void> {
    const { headers, value } = encodeMessage(message, 0);
    const letter: Message = {
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
    try {
      this.#producer ??= this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
      await within(ANSWER_MS, this.#producer.connect());
      await within(ANSWER_MS, this.#producer.send({ topic: this.#topic, acks: -1, messages: [letter] }));
    } catch (error) {
      const broken = this.#producer;
      this.#producer = undefined;
      broken?.disconnect().catch(() => {}); // it is given up
      throw new LogError(
        "io",
        `dead letter ${topic}/${partition}/${message.offset} was not kept: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
  }

  async list(): Promise<readonly Omit<DeadLetter, "message">[]> {
    return this.#read();
  }

  async get(id: string): Promise<DeadLetter | undefined> {
    return (await this.#read()).find((letter) => letter.id === id);
  }

  async replay(id: string): Promise<boolean> {
    const letter = await this.get(id);
    if (letter === undefined) return false;
    const table = letter.topic as TableName;
    const partition = letter.partition % partitionsOf(this.#settings, table);
    const again = { ...letter.message, producer: `deadletter-${randomUUID().slice(0, 8)}`, sequence: 0 };
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      transactionalId: `${this.#topic}.replay`,
    });
    await producer.connect();
    try {
      const transaction = await producer.transaction();
      try {
        await transaction.send({
          topic: topicOf(this.#settings, table),
          acks: -1,
          messages: [encodeMessage(again, partition)],
        });
        await transaction.send({
          topic: this.#topic,
          acks: -1,
          messages: [{ partition: 0, value: null, headers: { replayed: id } }],
        });
        await transaction.commit();
      } catch (error) {
        await transaction.abort();
        throw error;
      }
    } finally {
      await producer.disconnect();
    }
    return true;
  }

  /** The newest letters that are not replayed, oldest first. */
  async #read(): Promise<DeadLetter[]> {
    const letters = new Map<string, DeadLetter>();
    const replayed = new Set<string>();
    await this.#readTopic((message) => {
      const done = message.headers?.["replayed"];
      if (done !== undefined) {
        replayed.add(String(done));
        return;
      }
      const letter = decodeLetter(message);
      letters.set(letter.id, letter);
      const [oldest] = letters.keys();
      if (letters.size > MAX_LETTERS && oldest !== undefined) letters.delete(oldest);
    });
    return [...letters.values()].filter(({ id }) => !replayed.has(id));
  }

  async #readTopic(onMessage: (message: KafkaMessage) => void): Promise<void> {
    const end = await this.#endOffset();
    if (end === 0) return;
    const groupId = `${this.#topic}.reader-${randomUUID()}`;
    const consumer = this.#kafka.consumer({ groupId, maxWaitTimeInMs: 100, allowAutoTopicCreation: false });
    await consumer.connect();
    try {
      await consumer.subscribe({ topics: [this.#topic], fromBeginning: true });
      const done = Promise.withResolvers<void>();
      consumer.on(consumer.events.CRASH, ({ payload }) => done.reject(payload.error));
      // Also told of batches that hold only marks of transactions, which no handler sees.
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
        if (Number(payload.lastOffset) + 1 >= end) done.resolve();
      });
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          for (const message of batch.messages) onMessage(message);
        },
      });
      await done.promise;
    } finally {
      await consumer.disconnect();
      await this.#forget(groupId);
    }
  }

  async #endOffset(): Promise<number> {
    return this.#withAdmin(async (admin) => {
      if (!(await admin.listTopics()).includes(this.#topic)) return 0;
      const [offsets] = await admin.fetchTopicOffsets(this.#topic);
      return offsets !== undefined && Number(offsets.high) > Number(offsets.low) ? Number(offsets.high) : 0;
    });
  }

  async #forget(groupId: string): Promise<void> {
    // Kafka forgets an empty group by itself; this only tidies up.
    await this.#withAdmin((admin) => admin.deleteGroups([groupId])).catch(() => {});
  }

  async #withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      return await use(admin);
    } finally {
      await admin.disconnect();
    }
  }

  async close(): Promise<void> {
    await this.#producer?.disconnect();
  }
}

function decodeLetter(message: KafkaMessage): DeadLetter {
  const header = (name: string) => message.headers?.[name]?.toString();
  const topic = header("from_topic") ?? "";
  return {
    id: message.offset,
    topic,
    partition: Number(header("from_partition") ?? 0),
    reason: header("reason") ?? "no reason is told",
    laidAsideAt: Number(header("laid_aside_at") ?? message.timestamp),
    message: { ...decodeMessage(topic as TableName, message), offset: Number(header("from_offset") ?? message.offset) },
  };
}
