/** The way from the spool to a real Kafka, with a broker that dies, sleeps and refuses. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type ForwarderOptions, startForwarder } from "../../src/kafka/forwarder.ts";
import type { KafkaSettings } from "../../src/kafka/settings.ts";
import { MAX_MESSAGE_BYTES } from "../../src/kafka/topics.ts";
import type { LogError, OutgoingBlock } from "../../src/log.ts";
import { openSpoolDeadLetters } from "../../src/spool/dead-letters.ts";
import { openSpoolProducer } from "../../src/spool/producer.ts";
import { type Broker, brokerMissing, startBroker } from "./broker.ts";
import {
  block,
  LIMIT_MS,
  lowerMaxBytes,
  quiet,
  readPartition,
  settingsOf,
  texts,
  until,
  withAdmin,
} from "./inspect.ts";

const missing = brokerMissing();
let broker: Broker;
const cleanUps: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  if (missing === undefined) broker = await startBroker();
}, LIMIT_MS);
afterAll(() => broker?.remove());
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

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

test.skipIf(missing !== undefined)(
  `blocks go to the partition of their lane, in order, and leave the spool${missing ? ` (${missing})` : ""}`,
  async () => {
    const settings = settingsOf(broker);
    const { path, append, left } = await spoolOf();
    const sent: string[] = [];
    await append(block("a", 0), block("b", 1), block("c", 0));
    await forward(path, settings, { onSent: (table, rows, bytes) => sent.push(`${table} ${rows} ${bytes}`) });
    await append(block("d", 1), block("e", 3));
    await until(() => left() === 0);
    expect(texts(await readPartition(settings, 0, 2))).toEqual(["a", "c"]);
    const second = await readPartition(settings, 1, 3);
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
    const settings = settingsOf(broker);
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
    expect(texts(await readPartition(settings, 0, 5))).toEqual(["1", "2", "3", "4", "5"]);
    expect(errors.length).toBeGreaterThan(0);
  },
  120_000,
);

test.skipIf(missing !== undefined)(
  "one killed between Kafka's acknowledgement and its own sends the same again, as the same",
  async () => {
    const settings = settingsOf(broker);
    const { path, append, left } = await spoolOf();
    await append(block("1"), block("2"));
    const script = join(import.meta.dirname, "forward.ts");
    const dying = spawn(process.execPath, [script, path, broker.address, settings.topicPrefix], { stdio: "ignore" });
    cleanUps.push(() => void dying.kill("SIGKILL"));
    expect(await once(dying, "exit")).toEqual([null, "SIGKILL"]);
    expect(left()).toBeGreaterThan(0);
    await append(block("3"));
    await forward(path, settings);
    await until(() => left() === 0);
    const found = await readPartition(settings, 0, 5);
    expect(texts(found)).toEqual(["1", "2", "1", "2", "3"]);
    const identity = found.map(({ producer, sequence }) => `${producer} ${sequence}`);
    expect(identity.slice(2, 4)).toEqual(identity.slice(0, 2));
    expect(new Set(identity).size).toBe(3);
  },
  LIMIT_MS,
);

test.skipIf(missing !== undefined)(
  "it is stopped in time while the broker sleeps, and the next one sends what is left",
  async () => {
    const settings = settingsOf(broker);
    const { path, append, left } = await spoolOf();
    const first = await forward(path, settings);
    await append(block("1"));
    await until(() => left() === 0);
    await broker.kill("SIGSTOP");
    await append(block("2"));
    await sleep(300);
    const asked = Date.now();
    await first.stop();
    expect(Date.now() - asked).toBeLessThan(4_000);
    await broker.kill("SIGCONT");
    await forward(path, settings);
    await until(() => left() === 0);
    const found = await readPartition(settings, 0, 2);
    expect([...new Set(texts(found))]).toEqual(["1", "2"]);
  },
  LIMIT_MS,
);

test.skipIf(missing !== undefined)(
  "topics that somebody has removed are made anew",
  async () => {
    const settings = settingsOf(broker);
    const { path, append, left } = await spoolOf();
    await forward(path, settings);
    await append(block("1"));
    await until(() => left() === 0);
    const removed = `${settings.topicPrefix}.samples`;
    await withAdmin(settings, async (admin) => {
      await admin.deleteTopics({ topics: [removed] });
      // Until the broker has heard of it, it takes blocks into the topic that goes.
      while ((await admin.listTopics()).includes(removed)) await sleep(20);
    });
    await append(block("2"));
    await until(() => left() === 0);
    expect(texts(await readPartition(settings, 0, 1))).toEqual(["2"]);
  },
  LIMIT_MS,
);

test("while Kafka is away, what is too old makes room", async () => {
  const { path, append, left } = await spoolOf();
  const dropped: string[] = [];
  const forwarder = await forward(path, settingsOf({ address: "127.0.0.1:1" }), {
    maxAgeMs: 2_000,
    onDropped: (table, rows) => dropped.push(`${table} ${rows}`),
  });
  await append(block("1"), block("2"));
  await until(() => forwarder.trouble !== undefined);
  expect(left()).toBeGreaterThan(0);
  expect(dropped).toEqual([]);
  await until(() => left() === 0);
  expect(dropped).toEqual(["samples 1", "samples 1"]);
});

test.skipIf(missing !== undefined)(
  "blocks older than the spool may keep them are given up and told",
  async () => {
    const settings = settingsOf(broker);
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
    const settings = settingsOf(broker);
    const { path, append, left } = await spoolOf();
    await append(block("before"), { ...block(""), block: Buffer.alloc(MAX_MESSAGE_BYTES + 1) }, block("after"));
    await forward(path, settings);
    await until(() => left() === 0);
    expect(texts(await readPartition(settings, 0, 2))).toEqual(["before", "after"]);
    const letters = await openSpoolDeadLetters({ path });

    expect((await letters.list())[0]!.reason).toMatch(/^Kafka refused it: \d+ bytes/);
    await letters.close();
  },
  LIMIT_MS,
);

test.skipIf(missing !== undefined)(
  "a block that the broker refuses as too large is laid aside, and the others are not",
  async () => {
    const settings = settingsOf(broker);
    const { path, append, left } = await spoolOf();
    await append(block("before"));
    await forward(path, settings);
    await until(() => left() === 0);
    const probes = await lowerMaxBytes(settings, 4_000);
    await append(block("1"), { ...block(""), block: randomBytes(5_000) }, block("2"), block("3", 1));
    await until(() => left() === 0);
    expect(texts(await readPartition(settings, 0, 3))).toEqual(["before", "1", "2"]);
    expect(texts(await readPartition(settings, 1, probes + 1)).at(-1)).toBe("3");
    const letters = await openSpoolDeadLetters({ path });
    const list = await letters.list();
    await letters.close();
    expect(list).toHaveLength(1);
    expect(list[0]!.reason).toMatch(/^Kafka refused it: 5000 bytes .*larger than the max/);
  },
  LIMIT_MS,
);

test.skipIf(missing !== undefined)(
  "topics that do not fit are told once, and it can be stopped",
  async () => {
    const small = settingsOf(broker);
    await withAdmin(small, async (admin) => {
      await admin.createTopics({
        topics: [{ topic: `${small.topicPrefix}.samples`, numPartitions: 2, replicationFactor: 1 }],
      });
    });
    const { path, append } = await spoolOf();
    await append(block("a"));
    const fatal: LogError[] = [];
    const forwarder = await forward(path, small, { onFatal: (error) => fatal.push(error) });
    await until(() => fatal.length > 0);
    await sleep(500);
    expect(fatal).toHaveLength(1);
    expect(fatal[0]).toMatchObject({ code: "misfit", message: expect.stringMatching(/takes messages of \d+ bytes/) });
    expect(forwarder.trouble).toBe(fatal[0]);
    await forwarder.stop();
  },
  LIMIT_MS,
);

test.skipIf(missing !== undefined)(
  "the largest block there is goes through, and every compression",
  async () => {
    const bytes = { zstd: 500_000 * 29, gzip: 50_000, none: 50_000 };
    for (const compression of ["zstd", "gzip", "none"] as const) {
      const settings = settingsOf(broker, { compression });
      const { path, append, left } = await spoolOf();
      const large = randomBytes(bytes[compression]);
      await append({ ...block(""), block: large }, { ...block(""), block: large.subarray(1) }, block("end"));
      await forward(path, settings);
      await until(() => left() === 0);
      const found = await readPartition(settings, 0, 3);
      expect(found.map((message) => message.block.length)).toEqual([large.length, large.length - 1, 3]);
      expect(large.equals(found[0]!.block)).toBe(true);
    }
  },
  LIMIT_MS,
);
