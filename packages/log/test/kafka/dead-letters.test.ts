/** Topics and dead letters in a real Kafka. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createKafka } from "../../src/kafka/client.ts";
import { openKafkaDeadLetters } from "../../src/kafka/dead-letters.ts";
import { ensureTopics } from "../../src/kafka/topics.ts";
import { type Broker, brokerMissing, startBroker } from "./broker.ts";
import { block, LIMIT_MS, quiet, readPartition, settingsOf, texts, withAdmin } from "./inspect.ts";

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

test.skipIf(missing !== undefined)(
  `topics are made where they are absent, by two at once, and refused where they do not fit${missing ? ` (${missing})` : ""}`,
  async () => {
    const settings = settingsOf(broker, { partitions: 3 });
    await withAdmin(settings, async (admin) => {
      await Promise.all([ensureTopics(admin, settings), ensureTopics(admin, settings)]);
      await ensureTopics(admin, settings);
      const { topics } = await admin.fetchTopicMetadata({ topics: [`${settings.topicPrefix}.samples`] });
      expect(topics[0]!.partitions).toHaveLength(3);
      await expect(ensureTopics(admin, { ...settings, partitions: 4 })).rejects.toMatchObject({
        code: "misfit",
        message: expect.stringMatching(
          /has 3 partitions, expected 4: set lockstep.kafka.partitions to 3, or kafka-topics/,
        ),
      });
      await expect(ensureTopics(admin, { ...settings, partitions: 2 })).rejects.toMatchObject({
        code: "misfit",
        message: expect.stringMatching(/has 3 partitions, expected 2: set lockstep.kafka.partitions to 3$/),
      });
      await admin.createPartitions({
        topicPartitions: [{ topic: `${settings.topicPrefix}.targets`, count: 2 }],
      });
      // It takes a moment until the broker tells of them.
      await expect
        .poll(() => ensureTopics(admin, settings).catch((error) => error))
        .toMatchObject({
          code: "misfit",
          message: expect.stringMatching(/targets has 2 partitions, expected 1: set lockstep.kafka.topic_prefix/),
        });
      const many = settingsOf(broker, { replication: 3 });
      await expect(ensureTopics(admin, many)).rejects.toMatchObject({
        code: "io",
        message: expect.stringMatching(/^topics could not be created: topic .*samples: Replication/),
      });
    });
  },
  LIMIT_MS,
);

test.skipIf(missing !== undefined)(
  "dead letters are kept with where they came from, replayed once and together with their mark",
  async () => {
    const settings = settingsOf(broker);
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
    const again = await readPartition(settings, 1, 1);
    expect(texts(again)).toEqual(["bad"]);
    expect(again[0]!.producer).toMatch(/^deadletter-/);
    expect(again[0]!.scrapedAt).toBeUndefined();
  },
  LIMIT_MS,
);

test.skipIf(missing !== undefined)(
  "of two who replay the same letter at once, one does",
  async () => {
    const settings = settingsOf(broker);
    await withAdmin(settings, (admin) => ensureTopics(admin, settings));
    const [one, other] = [
      await openKafkaDeadLetters(settings, "one", quiet),
      await openKafkaDeadLetters(settings, "other", quiet),
    ];
    cleanUps.push(
      () => one.close(),
      () => other.close(),
    );
    const message = { ...block("bad"), offset: 7, producer: "p", sequence: 4096 };
    for (const reason of ["first", "second"]) await one.put({ topic: "samples", partition: 0, message, reason });
    const [first, second] = await one.list();
    await Promise.allSettled([one.replay(first!.id), other.replay(first!.id)]);
    await one.replay(first!.id);
    expect((await other.list()).map(({ reason }) => reason)).toEqual(["second"]);
    expect(await other.replay(second!.id)).toBe(true);
    // A third, so that what is read is all there is.
    await one.put({ topic: "samples", partition: 0, message: { ...message, block: Buffer.from("end") }, reason: "" });
    expect(await one.replay((await one.list())[0]!.id)).toBe(true);
    await sleep(500);
    expect(texts(await readPartition(settings, 0, 3))).toEqual(["bad", "bad", "end"]);
  },
  LIMIT_MS,
);

test.skipIf(missing !== undefined)(
  "a letter that is too large to be kept is at least known of, and an open transaction hides none for long",
  async () => {
    const settings = settingsOf(broker, { partitions: 1 });
    const topicOf = (name: string, maxBytes: number) => ({
      topic: `${settings.topicPrefix}.${name}`,
      numPartitions: 1,
      configEntries: [{ name: "max.message.bytes", value: String(maxBytes) }],
    });
    await withAdmin(settings, (admin) =>
      admin.createTopics({
        topics: [topicOf("deadletter", 2_000), topicOf("samples", 100_000)],
        waitForLeaders: false,
      }),
    );
    const letters = await openKafkaDeadLetters(settings, "test", quiet);
    cleanUps.push(() => letters.close());
    const message = { ...block(""), block: randomBytes(5_000), offset: 7, producer: "p", sequence: 4096 };
    await letters.put({ topic: "samples", partition: 0, message, reason: "bad" });
    const [letter] = await letters.list();
    expect(letter!.reason).toBe("bad (its 5000 bytes are too large to be kept)");
    expect((await letters.get(letter!.id))!.message).toMatchObject({ rows: 1, block: Buffer.alloc(0) });
    const killed = createKafka(settings, "killed", quiet).producer({
      idempotent: true,
      transactionalId: `${settings.topicPrefix}.deadletter.replay`,
    });
    await killed.connect();
    const open = await killed.transaction();
    const marker = { partition: 0, value: null, headers: { replayed: letter!.id } };
    await open.send({ topic: `${settings.topicPrefix}.deadletter`, messages: [marker] });
    await killed.disconnect();
    expect(await letters.replay(letter!.id)).toBe(true);
    expect(await letters.list()).toEqual([]);
  },
  LIMIT_MS,
);
