/** What tests with a real broker share: a log of its own for each, and ways to look into it from outside. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import kafkajs, { type Admin } from "kafkajs";
import { createKafka } from "../../src/kafka/client.ts";
import { decodeMessage } from "../../src/kafka/message.ts";
import type { KafkaSettings } from "../../src/kafka/settings.ts";
import type { LogMessage, OutgoingBlock } from "../../src/log.ts";

export const quiet = { debug() {}, warn() {}, error() {} };
export const LIMIT_MS = 60_000;

let logs = 0;

/** Two partitions of a log that nobody else uses. */
export function settingsOf(broker: { readonly address: string }, more: Partial<KafkaSettings> = {}): KafkaSettings {
  logs += 1;
  return {
    brokers: [broker.address],
    topicPrefix: `t${logs}`,
    compression: "zstd",
    partitions: 2,
    retentionMs: 3_600_000,
    ...more,
  };
}

export function block(text: string, lane = 0): OutgoingBlock {
  return { table: "samples", version: 1, rows: 1, block: Buffer.from(text), lane, scrapedAt: 1_700_000_000_000 };
}

export async function until(done: () => boolean, limitMs = 30_000): Promise<void> {
  for (const end = Date.now() + limitMs; !done(); await sleep(50)) {
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms`);
  }
}

export async function withAdmin(settings: KafkaSettings, use: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = createKafka(settings, "test", quiet).admin();
  await admin.connect();
  try {
    await use(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Lowers the bound of a message of `samples` below `refused` bytes; resolves with the probes that partition 1 took until it held. */
export async function lowerMaxBytes(settings: KafkaSettings, refused: number): Promise<number> {
  const topic = `${settings.topicPrefix}.samples`;
  const configEntries = [{ name: "max.message.bytes", value: String(refused / 2) }];
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }];
  await withAdmin(settings, (admin) => admin.alterConfigs({ validateOnly: false, resources }));
  const producer = createKafka(settings, "probe", quiet).producer();
  await producer.connect();
  const takes = () =>
    producer.send({ topic, messages: [{ partition: 1, value: randomBytes(refused) }] }).then(
      () => true,
      () => false,
    );
  let probes = 0;
  while (await takes()) probes += 1;
  await producer.disconnect();
  return probes;
}

/** What a partition of `samples` holds, as soon as it has so many messages. */
export async function readPartition(settings: KafkaSettings, partition: number, count: number): Promise<LogMessage[]> {
  const consumer = createKafka(settings, "reader", quiet).consumer({
    groupId: `r-${Math.random()}`,
    maxWaitTimeInMs: 50,
  });
  const found: LogMessage[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic: `${settings.topicPrefix}.samples`, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition: from, message }) => {
      if (from === partition) found.push(decodeMessage("samples", message));
    },
  });
  try {
    await until(() => found.length >= count);
  } finally {
    await consumer.disconnect();
  }
  return found;
}

export const texts = (messages: readonly LogMessage[]) =>
  messages.map((message) => Buffer.from(message.block).toString());
