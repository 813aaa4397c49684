/** The way from the spool to a real Kafka, with a broker that dies, sleeps and refuses. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Admin } from "kafkajs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createKafka } from "../../src/kafka/client.ts";
import { openKafkaDeadLetters } from "../../src/kafka/dead-letters.ts";
import { type ForwarderOptions, startForwarder } from "../../src/kafka/forwarder.ts";
import { decodeMessage } from "../../src/kafka/message.ts";
import type { KafkaSettings } from "../../src/kafka/settings.ts";
import { ensureTopics, MAX_MESSAGE_BYTES } from "../../src/kafka/topics.ts";
import type { LogError, LogMessage, OutgoingBlock } from "../../src/log.ts";
import { openSpoolDeadLetters } from "../../src/spool/dead-letters.ts";
import { openSpoolProducer } from "../../src/spool/producer.ts";
import { type Broker, brokerMissing, startBroker } from "./broker.ts";

const missing = brokerMissing();
const quiet = { debug() {}, warn() {}, error() {} };
const LIMIT_MS = 60_000;

let broker: Broker;
let number = 0;
const cleanUps: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  if (missing === undefined) broker = await startBroker();
}, LIMIT_MS);
afterAll(() => broker?.remove());
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A log of its own for each test. */
function settingsOf(more: Partial<KafkaSettings> = {}): KafkaSettings {
  number += 1;
  return {
    brokers: [broker.address],
    topicPrefix: `t${number}`,
    compression: "zstd",
    partitions: 2,
    retentionMs: 3_600_000,
    ...more,
  };
}

async function spoolOf(): Promise<{
  path: string;
  append: (...blocks: OutgoingBlock[]) => Promise<void>;
  left: () => number;
}> {
  const path = mkdtempSync(join(tmpdir(), "lockstep-forwarder-"));
  cleanUps.push(() => rmSync(path, { recursive: true }));
  const producer = await openSpoolProducer({ path, producer: "p" });
  cleanUps.push(() => producer.close());
  return { path, append: (...blocks) => producer.append(blocks), left: () => producer.backlogBytes() };
}

async function forward(path: string, settings: KafkaSettings, more: Partial<ForwarderOptions> = {}) {
  const forwarder = await startForwarder({
    path,
    settings,
    clientId: "test",
    log: quiet,
    onFatal: (error) => {
      throw error;
    },
    ...more,
  });
  cleanUps.push(() => forwarder.stop());
  return forwarder;
}

function block(text: string, lane = 0): OutgoingBlock {
  return { table: "samples", version: 1, rows: 1, block: Buffer.from(text), lane, scrapedAt: 1_700_000_000_000 };
}

async function until(done: () => boolean, limitMs = 30_000): Promise<void> {
  for (const end = Date.now() + limitMs; !done(); await sleep(50)) {
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms`);
  }
}

/** What a partition of `samples` holds, as soon as it has so many messages. */
async function read(settings: KafkaSettings, partition: number, count: number): Promise<LogMessage[]> {
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

const texts = (messages: readonly LogMessage[]) => messages.map((message) => Buffer.from(message.block).toString());

test.skipIf(missing !== undefined)(
  `blocks go to the partition of their lane, in order, and leave the spool${missing ? ` (${missing})` : ""}`,
  async () => {
    const settings = settingsOf();
    const { path, append, left } = await spoolOf();
    const sent: string[] = [];
    await append(block("a", 0), block("b", 1), block("c", 0));
    await forward(path, settings, { onSent: (table, rows, bytes) => sent.push(`${table} ${rows} ${bytes}`) });
    await append(block("d", 1), block("e", 3));
    await until(() => left() === 0);
    expect(texts(await read(settings, 0, 2))).toEqual(["a", "c"]);
    const second = await read(settings, 1, 3);
    expect(texts(second)).toEqual(["b", "d", "e"]);
    expect(second[0]).toMatchObject({ table: "samples", version: 1, rows: 1, scrapedAt: 1_700_000_000_000 });
    expect(second[0]!.producer).toMatch(/^p-[0-9a-f]{12}$/);
    expect(second[0]!.sentAt! - second[0]!.appendedAt!).toBeLessThan(20_000);
    expect(sent[0]).toBe("samples 3 3");
  },
  LIMIT_MS,
);

test.skipIf(missing !== undefined)(
  "a broker that is killed, and one that sleeps: everything arrives in order, without a restart of the forwarder",
  async () => {
    const settings = settingsOf();
    const { path, append, left } = await spoolOf();
    const errors: unknown[] = [];
    const forwarder = await forward(path, settings, { onError: (error) => errors.push(error) });
    await append(block("1"));
    await until(() => left() === 0);
    await broker.kill();
    await append(block("2"), block("3"));
    await until(() => forwarder.trouble !== undefined);
    expect(forwarder.trouble?.message).toMatch(/^Kafka takes nothing: /);
    await broker.start();
    const back = Date.now();
    await until(() => left() === 0);
    expect(Date.now() - back).toBeLessThan(15_000);
    expect(forwarder.trouble).toBeUndefined();
    await broker.kill("SIGSTOP");
    await append(block("4"));
    await sleep(3_000);
    expect(left()).toBeGreaterThan(0);
    await broker.kill("SIGCONT");
    await append(block("5"));
    await until(() => left() === 0);
    expect(texts(await read(settings, 0, 5))).toEqual(["1", "2", "3", "4", "5"]);
    expect(errors.length).toBeGreaterThan(0);
  },
  120_000,
);

test.skipIf(missing !== undefined)(
  "blocks older than the spool may keep them are given up and told",
  async () => {
    const settings = settingsOf();
    const { path, append, left } = await spoolOf();
    await append(block("old"));
    await sleep(1_500);
    await append(block("new"));
    const dropped: string[] = [];
    await forward(path, settings, { maxAgeMs: 1_000, onDropped: (table, rows) => dropped.push(`${table} ${rows}`) });
    await until(() => left() === 0);
    expect(dropped).toContain("samples 1");
  },
  LIMIT_MS,
);

test.skipIf(missing !== undefined)(
  "a block that is larger than a message may be is laid aside, and the next one goes on",
  async () => {
    const settings = settingsOf();
    const { path, append, left } = await spoolOf();
    await append(block("before"), { ...block(""), block: Buffer.alloc(MAX_MESSAGE_BYTES + 1) }, block("after"));
    await forward(path, settings);
    await until(() => left() === 0);
    expect(texts(await read(settings, 0, 2))).toEqual(["before", "after"]);
    const letters = await openSpoolDeadLetters({ path });

    expect((await letters.list())[0]!.reason).toMatch(/^Kafka refused it: \d+ bytes/);
    await letters.close();
  },
  LIMIT_MS,
);

async function withAdmin(settings: KafkaSettings, use: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = createKafka(settings, "test", quiet).admin();
  await admin.connect();
  try {
    await use(admin);
  } finally {
    await admin.disconnect();
  }
}

test.skipIf(missing !== undefined)(
  "topics are made where they are absent, by two at once, and refused where they do not fit",
  async () => {
    const settings = settingsOf({ partitions: 3 });
    await withAdmin(settings, async (admin) => {
      await Promise.all([ensureTopics(admin, settings), ensureTopics(admin, settings)]);
      await ensureTopics(admin, settings);
      const { topics } = await admin.fetchTopicMetadata({ topics: [`${settings.topicPrefix}.samples`] });
      expect(topics[0]!.partitions).toHaveLength(3);
      await expect(ensureTopics(admin, { ...settings, partitions: 4 })).rejects.toMatchObject({
        code: "misfit",
        message: expect.stringMatching(/has 3 partitions, expected 4: .*kafka-topics/),
      });
    });
    const small = settingsOf();
    await withAdmin(small, async (admin) => {
      await admin.createTopics({
        topics: [{ topic: `${small.topicPrefix}.samples`, numPartitions: 2, replicationFactor: 1 }],
      });
    });
    const { path, append } = await spoolOf();
    await append(block("a"));
    const fatal: LogError[] = [];
    await forward(path, small, { onFatal: (error) => fatal.push(error) });
    await until(() => fatal.length > 0);
    expect(fatal[0]).toMatchObject({ code: "misfit", message: expect.stringMatching(/takes messages of \d+ bytes/) });
  },
  LIMIT_MS,
);

test.skipIf(missing !== undefined)(
  "dead letters are kept with where they came from, replayed once and together with their mark",
  async () => {
    const settings = settingsOf();
    await withAdmin(settings, (admin) => ensureTopics(admin, settings));
    const letters = await openKafkaDeadLetters(settings, "test", quiet);
    cleanUps.push(() => letters.close());
    const message = { ...block("bad"), offset: 7, producer: "p", sequence: 4096 };
    await letters.put({ topic: "samples", partition: 1, message, reason: "it is bad" });
    await letters.put({
      topic: "series",
      partition: 0,
      message: { ...message, table: "series" },
      reason: "so is this",
    });
    const [first, second] = await letters.list();
    expect(first).toMatchObject({ topic: "samples", partition: 1, reason: "it is bad" });
    expect(second).toMatchObject({ topic: "series", reason: "so is this" });
    const whole = await letters.get(first!.id);
    expect(whole?.message).toMatchObject({ offset: 7, producer: "p", sequence: 4096, rows: 1 });
    expect(Buffer.from(whole!.message.block).toString()).toBe("bad");
    expect(await letters.replay(first!.id)).toBe(true);
    expect(await letters.replay(first!.id)).toBe(false);
    expect(await letters.get("12345")).toBeUndefined();
    expect((await letters.list()).map(({ id }) => id)).toEqual([second!.id]);
    const again = await read(settings, 1, 1);
    expect(texts(again)).toEqual(["bad"]);
    expect(again[0]!.producer).toMatch(/^deadletter-/);
  },
  LIMIT_MS,
);
