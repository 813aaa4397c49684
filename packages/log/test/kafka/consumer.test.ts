import { setTimeout as sleep } from "node:timers/promises";
import { TABLE_NAMES, type TableName } from "@lockstep/schemas/blocks/tables";
import type { Admin, Kafka, Producer } from "kafkajs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createKafka } from "../../src/kafka/client.ts";
import { openKafkaConsumer } from "../../src/kafka/consumer.ts";
import { encodeMessage } from "../../src/kafka/message.ts";
import type { KafkaSettings } from "../../src/kafka/settings.ts";
import { topicOf } from "../../src/kafka/topic-names.ts";
import { ensureTopics } from "../../src/kafka/topics.ts";
import type { LogBatch, LogConsumer, PartitionClaim } from "../../src/log.ts";
import { type Broker, brokerMissing, startBroker } from "./broker.ts";

const missing = brokerMissing();
if (missing !== undefined) console.log(`consumer on Kafka: skipped, ${missing}`);

let broker: Broker;
let kafka: Kafka;
let admin: Admin;
let producer: Producer;
let settings: KafkaSettings;
let logged: string[] = [];
const log = {
  debug() {},
  warn: (_: object, message: string) => void logged.push(message),
  error: (_: object, message: string) => void logged.push(message),
};
const open = new Set<LogConsumer>();
let prefixes = 0;
let sequence = 0;

/** Every test has topics of its own on one broker. */
async function freshTopics(): Promise<void> {
  settings = { ...settings, topicPrefix: `t${prefixes++}` };
  await ensureTopics(admin, settings);
}

async function send(partition: number, count: number): Promise<void> {
  const messages = Array.from({ length: count }, () =>
    encodeMessage(
      {
        table: "samples",
        version: 1,
        rows: 1,
        block: Buffer.from("b"),
        producer: "p",
        sequence: sequence++,
        offset: 0,
      },
      partition,
    ),
  );
  await producer.send({ topic: topicOf(settings, "samples"), acks: -1, messages });
}

async function consume(onBatch: (batch: LogBatch) => Promise<void>): Promise<LogConsumer> {
  const consumer = await openKafkaConsumer({ settings, clientId: "test", log, maxWaitMs: 100, minBytes: 1 });
  open.add(consumer);
  consumer.run(onBatch).catch((error) => logged.push(`ended: ${error.message}`));
  return consumer;
}

async function end(consumer: LogConsumer): Promise<void> {
  open.delete(consumer);
  await consumer.stop();
}

async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 25_000): Promise<void> {
  const begun = Date.now();
  while (!(await holds())) {
    if (Date.now() - begun > limitMs) throw new Error(`not within ${limitMs} ms: ${what}; ${logged.join("; ")}`);
    await sleep(50);
  }
}

const idOf = ({ topic, partition }: { topic: TableName; partition: number }) => `${topic}/${partition}`;

describe.skipIf(missing !== undefined)("a consumer on Kafka", { timeout: 60_000 }, () => {
  beforeAll(async () => {
    // A broker that was killed may come back only when the controller has found out.
    broker = await startBroker({
      properties: { "broker.session.timeout.ms": "2000", "broker.heartbeat.interval.ms": "500" },
    });
    settings = {
      brokers: [broker.address],
      topicPrefix: "t",
      compression: "none",
      partitions: 2,
      retentionMs: 3_600_000,
    };
    kafka = createKafka(settings, "test", log);
    admin = kafka.admin();
    producer = kafka.producer({ allowAutoTopicCreation: false });
    await admin.connect();
    await producer.connect();
  }, 60_000);

  afterEach(async () => {
    await Promise.all([...open].map(end));
    logged = [];
  });

  afterAll(async () => {
    await producer?.disconnect();
    await admin?.disconnect();
    await broker?.remove();
  });

  test("reads in order from the committed offset on, with the note beside it, and knows its lag", async () => {
    await freshTopics();
    await send(0, 3);
    const offsets: number[] = [];
    const notes: string[] = [];
    const take = async ({ claim, messages }: LogBatch) => {
      const { offset, metadata } = await claim.position();
      notes.push(`${offset} ${metadata}`);
      offsets.push(...messages.map((message) => message.offset));
      await claim.commit({ offset: messages.at(-1)!.offset + 1, metadata: `note ${messages.at(-1)!.offset}` });
    };
    const first = await consume(take);
    await until("three are read", () => offsets.length === 3);
    expect(first.holds("samples", 0)).toBe(true);
    expect(first.holds("samples", 2)).toBe(false);
    await until("no lag", async () =>
      (await first.lag()).every(({ messages, seconds }) => messages === 0 && seconds === 0),
    );
    expect(await first.lag()).toHaveLength(TABLE_NAMES.length + 3 * (settings.partitions - 1));
    await end(first);
    await send(0, 2);
    await consume(take);
    await until("five are read", () => offsets.length === 5);
    expect(offsets).toEqual([0, 1, 2, 3, 4]);
    expect(notes).toEqual(["0 ", "3 note 2"]);
  });

  test("a post under way when another joins is committed; then the claim is fenced and the other goes on", async () => {
    await freshTopics();
    await send(0, 1);
    await send(1, 1);
    let stuck: PartitionClaim | undefined;
    const done: string[] = [];
    await consume(async ({ claim, messages }) => {
      if (stuck === undefined) {
        stuck = claim;
        await new Promise((resolve) => claim.lost.addEventListener("abort", resolve));
        await sleep(500);
      }
      await claim.commit({ offset: messages.at(-1)!.offset + 1, metadata: "" });
      done.push(...messages.map(({ offset }) => `${idOf(claim)} ${offset}`));
    });
    await until("the first is at work", () => stuck !== undefined);
    expect((await openLag()).find((lag) => idOf(lag) === idOf(stuck!))?.messages).toBe(1);
    const taken: string[] = [];
    const second = await consume(async ({ claim, messages }) => {
      taken.push(...messages.map(({ offset }) => `${idOf(claim)} ${offset}`));
      await claim.commit({ offset: messages.at(-1)!.offset + 1, metadata: "" });
    });
    await until("the second has a partition", async () => (await second.lag()).length > 0);
    await expect(stuck!.commit({ offset: 1, metadata: "" })).rejects.toMatchObject({ code: "fenced" });
    expect(done[0]).toBe(`${idOf(stuck!)} 0`);
    await send(0, 1);
    await send(1, 1);
    await until("all is read once", () => done.length + taken.length === 4);
    expect(new Set([...done, ...taken]).size).toBe(4);
  });

  test("a commit waits for a broker that was killed", async () => {
    await freshTopics();
    await send(0, 1);
    let [begun, committed] = [false, false];
    const consumer = await consume(async ({ claim, messages }) => {
      if (!begun) {
        begun = true;
        await broker.kill();
        setTimeout(() => void broker.start(), 1_000);
      }
      await claim.commit({ offset: messages.at(-1)!.offset + 1, metadata: "after" });
      committed = true;
    });
    await until("committed", () => committed, 40_000);
    await until("no lag", async () => (await consumer.lag()).every(({ messages }) => messages === 0));
    const [kept] = await admin.fetchOffsets({
      groupId: `${settings.topicPrefix}.ingest`,
      topics: [topicOf(settings, "samples")],
    });
    expect(kept?.partitions.find(({ partition }) => partition === 0)).toMatchObject({ offset: "1", metadata: "after" });
  });

  test("reading goes on where a broker was away for longer than one membership tries", async () => {
    await freshTopics();
    await send(0, 1);
    const offsets: number[] = [];
    await consume(async ({ claim, messages }) => {
      await claim.commit({ offset: messages.at(-1)!.offset + 1, metadata: "" });
      offsets.push(...messages.map(({ offset }) => offset));
    });
    await until("one is read", () => offsets.length === 1);
    await broker.kill();
    await until("the membership has broken", () => logged.some((line) => line.includes("tried until it can")), 40_000);
    await broker.start();
    await send(0, 1);
    await until("the second is read", () => offsets.length === 2, 40_000);
    expect(offsets).toEqual([0, 1]);
    expect(logged.at(-1)).toContain("reads Kafka again");
  }, 90_000);

  test("what retention removed before it was read is told, the note is kept, and reading goes on", async () => {
    await freshTopics();
    await send(0, 10);
    let position: unknown;
    const offsets: number[] = [];
    const first = await consume(async ({ claim }) => claim.commit({ offset: 2, metadata: "the note" }));
    await until("committed", async () => (await first.lag()).some(({ messages }) => messages === 8));
    await end(first);
    await admin.fetchTopicOffsets(topicOf(settings, "samples")); // kafkajs forgets to look for the leader
    await admin.deleteTopicRecords({
      topic: topicOf(settings, "samples"),
      partitions: [{ partition: 0, offset: "6" }],
    });
    await consume(async ({ claim, messages }) => {
      position = await claim.position();
      offsets.push(...messages.map(({ offset }) => offset));
      await claim.commit({ offset: messages.at(-1)!.offset + 1, metadata: "" });
    });
    await until("the rest is read", () => offsets.at(-1) === 9);
    expect(offsets).toEqual([6, 7, 8, 9]);
    expect(position).toEqual({ offset: 2, metadata: "the note" });
    expect(logged.join()).toContain("retention removed messages");
  });

  test("marks of transactions are no lag, and what was aborted is not read", async () => {
    await freshTopics();
    const offsets: number[] = [];
    const consumer = await consume(async ({ claim, messages }) => {
      offsets.push(...messages.map(({ offset }) => offset));
      await claim.commit({ offset: messages.at(-1)!.offset + 1, metadata: "" });
    });
    const transactional = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      transactionalId: settings.topicPrefix,
    });
    await transactional.connect();
    const message = encodeMessage(
      { table: "samples", version: 1, rows: 1, block: Buffer.from("b"), producer: "q", sequence: 0, offset: 0 },
      0,
    );
    for (const commits of [true, false, true, false]) {
      const transaction = await transactional.transaction();
      await transaction.send({ topic: topicOf(settings, "samples"), messages: [message] });
      await (commits ? transaction.commit() : transaction.abort());
    }
    await transactional.disconnect();
    await until("both are read", () => offsets.length === 2);
    expect(offsets).toEqual([0, 4]);
    await until("no lag", async () => (await consumer.lag()).every(({ messages }) => messages === 0));
  });

  test("an error of the reader ends the run", async () => {
    await freshTopics();
    await send(0, 1);
    const consumer = await openKafkaConsumer({ settings, clientId: "test", log });
    open.add(consumer);
    await expect(consumer.run(() => Promise.reject(new Error("no such table")))).rejects.toThrow("no such table");
  });

  async function openLag() {
    return (await Promise.all([...open].map((consumer) => consumer.lag()))).flat();
  }
});

test.skipIf(missing !== undefined)("a consumer whose Kafka is away says so once, and stops when told", async () => {
  const away: string[] = [];
  const consumer = await openKafkaConsumer({
    settings: { brokers: ["127.0.0.1:1"], topicPrefix: "t", compression: "none", partitions: 1, retentionMs: 60_000 },
    clientId: "test",
    log: { ...log, warn: (_, message) => void away.push(message) },
  });
  const running = consumer.run(async () => {});
  await until("it is told", () => away.length > 0);
  await sleep(3_000);
  await consumer.stop();
  await running;
  expect(away).toEqual([expect.stringContaining("127.0.0.1:1")]);
});
