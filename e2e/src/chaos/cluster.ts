/** Looks into Kafka from outside, with plain kafkajs: what topics hold, and how far ingest has come. */

import { createKafka } from "@lockstep/log/kafka/client";
import { decodeMessage } from "@lockstep/log/kafka/message";
import type { KafkaSettings } from "@lockstep/log/kafka/settings";
import type { LogMessage } from "@lockstep/log/log";
import { TABLE_NAMES, type TableName } from "@lockstep/schemas/blocks/tables";
import type { Admin, Kafka } from "kafkajs";

const quiet = { debug() {}, warn() {}, error() {} };

export type LoggedMessage = { readonly topic: TableName; readonly partition: number; readonly message: LogMessage };

export class Cluster {
  readonly kafka: Kafka;
  readonly #prefix: string;
  readonly #admin: Admin;
  #connected: Promise<void> | undefined;

  constructor(address: string, prefix: string) {
    this.#prefix = prefix;
    this.kafka = createKafka(this.settings(address), "chaos", quiet);
    this.#admin = this.kafka.admin();
  }

  settings(address: string): KafkaSettings {
    return {
      brokers: [address],
      topicPrefix: this.#prefix,
      compression: "none",
      partitions: 1,
      retentionMs: 86_400_000,
    };
  }

  topicOf(table: TableName): string {
    return `${this.#prefix}.${table}`;
  }

  async #connect(): Promise<Admin> {
    this.#connected ??= this.#admin.connect();
    await this.#connected;
    return this.#admin;
  }

  /** Messages that are in the topics of tables and that ingest has not committed. */
  async lag(): Promise<number> {
    const admin = await this.#connect();
    const committed = await admin.fetchOffsets({
      groupId: `${this.#prefix}.ingest`,
      topics: TABLE_NAMES.map((table) => this.topicOf(table)),
    });
    const done = new Map(
      committed.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => [`${topic}/${partition}`, Number(offset)]),
      ),
    );
    let lag = 0;
    for (const table of TABLE_NAMES) {
      const topic = this.topicOf(table);
      for (const { partition, high, low } of await admin.fetchTopicOffsets(topic)) {
        lag += Number(high) - Math.max(done.get(`${topic}/${partition}`) ?? 0, Number(low));
      }
    }
    return lag;
  }

  /** Every message of every table's topic, in offset order within a partition. */
  async readAll(onMessage: (logged: LoggedMessage) => Promise<void> | void): Promise<void> {
    const admin = await this.#connect();
    const ends = new Map<string, number>();
    for (const table of TABLE_NAMES) {
      const topic = this.topicOf(table);
      for (const { partition, high, low } of await admin.fetchTopicOffsets(topic)) {
        if (Number(high) > Number(low)) ends.set(`${topic}/${partition}`, Number(high));
      }
    }
    if (ends.size === 0) return;
    const consumer = this.kafka.consumer({
      groupId: `audit-${Date.now()}-${Math.random()}`,
      maxBytesPerPartition: 8 * 2 ** 20,
    });
    await consumer.connect();
    await consumer.subscribe({ topics: TABLE_NAMES.map((table) => this.topicOf(table)), fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch, heartbeat, resolveOffset }) => {
            const table = TABLE_NAMES.find((name) => this.topicOf(name) === batch.topic)!;
            const key = `${batch.topic}/${batch.partition}`;
            for (const raw of batch.messages) {
              const message = decodeMessage(table, raw);
              if (message.offset < (ends.get(key) ?? 0))
                await onMessage({ topic: table, partition: batch.partition, message });
              resolveOffset(raw.offset);
            }
            if (Number(batch.lastOffset()) + 1 >= (ends.get(key) ?? 0)) ends.delete(key);
            if (ends.size === 0) resolve();
            await heartbeat();
          },
        })
        .catch(reject);
    });
    await consumer.disconnect();
  }

  async close(): Promise<void> {
    if (this.#connected !== undefined) await this.#admin.disconnect();
  }
}
