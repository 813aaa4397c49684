/**
 * Sends blocks by one idempotent producer at a time and never waits for longer than it says: kafkajs has its own tries,
 * and some of them do not end while a broker sleeps.
 */
import type { TableName } from "@lockstep/schemas/blocks/tables";
import type { Kafka, Producer } from "kafkajs";
import type { LogMessage } from "../log.ts";
import { COMPRESSION, createKafka, type KafkaLogger } from "./client.ts";
import { isOfType, within } from "./failure.ts";
import { encodeMessage } from "./message.ts";
import type { KafkaSettings } from "./settings.ts";
import { partitionsOf, topicOf } from "./topic-names.ts";
import { ensureTopics } from "./topics.ts";

const ANSWER_MS = 15_000;
const UNKNOWN_TOPIC: ReadonlySet<string> = new Set(["UNKNOWN_TOPIC_OR_PARTITION"]);

type Connection = { readonly producer: Producer; readonly connected: Promise<void> };

export class Sender {
  readonly #settings: KafkaSettings;
  readonly #kafka: Kafka;
  #connection: Connection | undefined;
  #topicsFit = false;

  /** Throws LogError `io` where a file of the settings cannot be read. */
  constructor(settings: KafkaSettings, clientId: string, log: KafkaLogger) {
    this.#settings = settings;
    this.#kafka = createKafka(settings, clientId, log);
  }

  /**
   * Resolves with the seconds it took when all replicas have the messages. Rejects with LogError `misfit` where the
   * topics are not as they have to be, and otherwise where nobody knows whether they arrived: then `drop` comes next.
   */
  async send(table: TableName, messages: readonly LogMessage[], unwanted?: AbortSignal): Promise<number> {
    try {
      const producer = await this.#connected(unwanted);
      const partitions = partitionsOf(this.#settings, table);
      const began = performance.now();
      const sending = producer.send({
        topic: topicOf(this.#settings, table),
        acks: -1,
        compression: COMPRESSION[this.#settings.compression],
        messages: messages.map((message) => encodeMessage(message, (message.lane ?? 0) % partitions)),
      });
      await within(ANSWER_MS, sending, unwanted);
      return (performance.now() - began) / 1000;
    } catch (error) {
      // Somebody has removed them: they are made anew.
      if (isOfType(error, UNKNOWN_TOPIC)) this.#topicsFit = false;
      throw error;
    }
  }

  async #connected(unwanted: AbortSignal | undefined): Promise<Producer> {
    if (!this.#topicsFit) {
      await within(ANSWER_MS, this.#checkTopics(), unwanted);
      this.#topicsFit = true;
    }
    this.#connection ??= this.#connect();
    await within(ANSWER_MS, this.#connection.connected, unwanted);
    return this.#connection.producer;
  }

  #connect(): Connection {
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
    return { producer, connected: producer.connect() };
  }

  async #checkTopics(): Promise<void> {
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      await ensureTopics(admin, this.#settings);
    } finally {
      await admin.disconnect().catch(() => {}); // it told us already what is wrong
    }
  }

  /** Gives the producer up. What it has under way may still arrive; ingest knows it by its sequence. */
  async drop(ms = 500): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) return;
    const { producer, connected } = connection;
    // One that connects after it was given up would stay connected.
    connected.then(() => producer.disconnect()).catch(() => {});
    await within(ms, producer.disconnect()).catch(() => {}); // it is given up anyway
  }
}
