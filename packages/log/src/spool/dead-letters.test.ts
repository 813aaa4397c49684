import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TableName } from "@lockstep/schemas/blocks/tables";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { DeadLetters, LogMessage } from "../log.ts";
import { openSpoolConsumer } from "./consumer.ts";
import { openSpoolDeadLetters } from "./dead-letters.ts";
import { encodeEnvelope } from "./envelope.ts";
import { openEnvironment, type SpoolEnvironment } from "./environment.ts";

let path: string;
let letters: DeadLetters;
let environment: SpoolEnvironment;

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), "lockstep-dead-"));
  letters = await openSpoolDeadLetters({ path });
  environment = openEnvironment(path);
});
afterEach(async () => {
  vi.useRealTimers();
  await letters.close();
  await environment.root.close();
  rmSync(path, { recursive: true });
});

function messageAt(offset: number, more: Partial<LogMessage> = {}): LogMessage {
  const block = Buffer.from(`bad ${offset}`);
  return { table: "samples", version: 1, rows: 1, block, offset, producer: "p", sequence: 4096 * offset, ...more };
}

async function put(offset: number, topic: TableName = "samples", more: Partial<LogMessage> = {}): Promise<void> {
  await letters.put({
    topic,
    partition: 0,
    message: messageAt(offset, { table: topic, ...more }),
    reason: `no. ${offset}`,
  });
}

/** What a reader of the spool is given. */
async function readSpool(): Promise<LogMessage[]> {
  const consumer = await openSpoolConsumer({ path, pollMs: 10 });
  const found: LogMessage[] = [];
  void consumer.run(async ({ messages }) => void found.push(...messages));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await consumer.stop();
  return found;
}

test("a letter comes back as it was laid aside", async () => {
  await letters.put({
    topic: "samples",
    partition: 0,
    message: messageAt(7, { lane: 2, scrapedAt: 5 }),
    reason: "bad",
  });
  const letter = await letters.get("samples/7");
  expect(letter).toMatchObject({ id: "samples/7", topic: "samples", partition: 0, reason: "bad" });
  expect(letter!.message).toEqual(messageAt(7, { lane: 2, scrapedAt: 5 }));
  expect(Date.now() - letter!.laidAsideAt).toBeLessThan(10_000);
  for (const absent of ["samples/8", "series/7", "nothing/7", "samples/x", "", "7"])
    expect(await letters.get(absent)).toBeUndefined();
});

test("they are listed by the time they were laid aside, and those of old, which do not say it, first", async () => {
  const [old, envelope] = [Buffer.from('{"reason":"long ago"}\n'), encodeEnvelope(messageAt(3), "p", 1, undefined)];
  await environment.dead.put(["samples", 3], Buffer.concat([old, envelope]));
  vi.useFakeTimers({ toFake: ["Date"] });
  const order: [TableName, number][] = [
    ["targets", 9],
    ["samples", 4],
    ["series", 1],
  ];
  for (const [i, [topic, offset]] of order.entries()) {
    vi.setSystemTime(1_000_000 + i);
    await put(offset, topic);
  }
  const list = await letters.list();
  expect(list.map(({ id }) => id)).toEqual(["samples/3", "targets/9", "samples/4", "series/1"]);
  expect(list[0]).toMatchObject({ reason: "long ago", partition: 0, laidAsideAt: 0 });
  expect(Buffer.from((await letters.get("samples/3"))!.message.block).toString()).toBe("bad 3");
});

test("the newest thousand are kept", async () => {
  const note = Buffer.from('{"reason":"long ago","laidAsideAt":1}\n');
  const envelope = encodeEnvelope(messageAt(0), "p", 1, undefined);
  await environment.root.transaction(() => {
    for (let offset = 0; offset < 1_000; offset++)
      environment.dead.put(["series", offset], Buffer.concat([note, envelope]));
  });
  for (let offset = 0; offset < 5; offset++) await put(offset);
  await put(4);
  const list = await letters.list();
  expect(list).toHaveLength(1000);
  expect(list[0]!.id).toBe("series/5");
  expect(list.at(-1)).toMatchObject({ id: "samples/4", reason: "no. 4" });
});

test("large ones are kept up to a bound, and the newest in any case", async () => {
  const small = await openSpoolDeadLetters({ path, maxLetterBytes: 2_600 });
  const lay = async (offset: number, bytes: number) => {
    const message = messageAt(offset, { block: Buffer.alloc(bytes) });
    await small.put({ topic: "samples", partition: 0, message, reason: "large" });
  };
  const ids = async () => (await small.list()).map(({ id }) => id);
  for (let offset = 0; offset < 6; offset++) await lay(offset, 500);
  expect(await ids()).toEqual(["samples/2", "samples/3", "samples/4", "samples/5"]);
  await lay(5, 500);
  expect(await small.replay("samples/2")).toBe(true);
  await lay(6, 500);
  expect(await ids()).toEqual(["samples/3", "samples/4", "samples/5", "samples/6"]);
  await lay(7, 3_000);
  expect(await ids()).toEqual(["samples/7"]);
  await small.close();
});

test("a replay puts the block at the end of its topic and takes the letter away, once", async () => {
  await put(7, "samples", { lane: 3, scrapedAt: 1_700_000_000_000 });
  await put(8);
  expect(await Promise.all([letters.replay("samples/7"), letters.replay("samples/7")])).toEqual([true, false]);
  expect(await letters.replay("samples/8")).toBe(true);
  expect(await letters.replay("samples/9")).toBe(false);
  expect(await letters.list()).toEqual([]);
  const [first, second, ...more] = await readSpool();
  expect(more).toEqual([]);
  expect(first).toMatchObject({ table: "samples", version: 1, rows: 1, lane: 3, offset: 0 });
  expect(first!.producer).toMatch(/^deadletter-[0-9a-f]{12}$/);
  expect(first!.scrapedAt).toBeUndefined();
  expect(Buffer.from(first!.block).toString()).toBe("bad 7");
  expect(second!.sequence).toBeGreaterThan(first!.sequence);
});

test("one whose envelope could not be read is what was found, however often it is replayed", async () => {
  const found = Buffer.from("no envelope at all");
  for (let round = 0; round < 2; round++) {
    const message = messageAt(7 + round, { version: -1, producer: "", sequence: -1, block: found });
    await letters.put({ topic: "samples", partition: 0, message, reason: "damaged" });
    const letter = await letters.get(`samples/${7 + round}`);
    expect(Buffer.from(letter!.message.block)).toEqual(found);
    expect(await letters.replay(`samples/${7 + round}`)).toBe(true);
    const again = (await readSpool()).at(-1)!;
    expect(again.version).toBe(-1);
    expect(Buffer.from(again.block)).toEqual(found);
  }
});
