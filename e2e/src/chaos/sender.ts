/** Sends numbered blocks straight to Kafka, as the forwarder of one collector would, as fast as asked. */
import { encodeMessage } from "@lockstep/log/kafka/message";
import type { Producer } from "kafkajs";
import type { Cluster } from "./cluster.ts";
import { numberedBlock } from "./numbered-producer.ts";

const BLOCKS_PER_APPEND = 4096;
const BLOCKS_PER_SEND = 16;

export class Sender {
  readonly #cluster: Cluster;
  readonly #producer: Producer;
  readonly #partitions: number;
  readonly #rowsPerBlock: number;
  readonly #name = `sender-${Math.floor(Math.random() * 1e9)}`;
  readonly #origin = Date.now();
  #next = 0;

  private constructor(cluster: Cluster, producer: Producer, partitions: number, rowsPerBlock: number) {
    this.#cluster = cluster;
    this.#producer = producer;
    this.#partitions = partitions;
    this.#rowsPerBlock = rowsPerBlock;
  }

  static async open(cluster: Cluster, partitions: number, rowsPerBlock = 10_000): Promise<Sender> {
    const producer = cluster.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    return new Sender(cluster, producer, partitions, rowsPerBlock);
  }

  /** Sends at least so many rows; resolves with how many when Kafka has acknowledged them. */
  async send(rows: number): Promise<number> {
    let sent = 0;
    while (sent < rows) {
      const messages = Array.from({ length: BLOCKS_PER_SEND }, () => {
        const number = this.#next++;
        const partition = number % this.#partitions;
        const block = numberedBlock(partition, number, this.#rowsPerBlock, this.#origin);
        sent += block.rows;
        return encodeMessage(
          { ...block, offset: 0, producer: this.#name, sequence: number * BLOCKS_PER_APPEND, scrapedAt: Date.now() },
          partition,
        );
      });
      await this.#producer.send({ topic: this.#cluster.topicOf("samples"), acks: -1, messages });
    }
    return sent;
  }

  close(): Promise<void> {
    return this.#producer.disconnect();
  }
}
