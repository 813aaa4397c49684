import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TableName } from "@lockstep/schemas/blocks/tables";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LogBatch, LogConsumer, LogMessage, LogProducer, OutgoingBlock } from "../log.ts";
import { openSpoolConsumer } from "./consumer.ts";
import { openSpoolProducer } from "./producer.ts";

let path: string;
const open: { close(): Promise<void> }[] = [];

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "lockstep-spool-"));
});
afterEach(async () => {
  for (const opened of open.splice(0)) await opened.close();
  rmSync(path, { recursive: true });
});

async function producer(options: { maxBytes?: number; producer?: string } = {}): Promise<LogProducer> {
  const made = await openSpoolProducer({ path, producer: "p", ...options });
  open.push(made);
  return made;
}

function block(text: string, table: TableName = "samples"): OutgoingBlock {
  return { table, version: 1, rows: 1, block: Buffer.from(text) };
}

/** Runs a consumer until `enough` says so; each batch goes to `onBatch` first. */
async function consume(onBatch: (batch: LogBatch) => Promise<void>, enough: () => boolean, from = path): Promise<void> {
  const consumer: LogConsumer = await openSpoolConsumer({ path: from, pollMs: 10 });
  const running = consumer.run(onBatch);
  for (let i = 0; i < 300 && !enough(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  await consumer.stop();
  await running;
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test("blocks come out in order, by table, and are gone once committed", async () => {
  const log = await producer();
  await log.append([block("s", "series"), block("1"), block("2")]);
  await log.append([block("3")]);
  const seen: string[] = [];
  await consume(
    async ({ claim, messages }) => {
      for (const message of messages) seen.push(`${message.table} ${message.offset} ${text(message.block)}`);
      await claim.commit({ offset: messages.at(-1)!.offset + 1, metadata: "" });
    },
    () => seen.length === 4,
  );
  expect(seen).toEqual(["series 0 s", "samples 0 1", "samples 1 2", "samples 2 3"]);
  expect(log.backlogBytes()).toBe(0);
  await log.append([block("4")]);
  await consume(
    async ({ messages }) => {
      seen.push(...messages.map((message) => text(message.block)));
    },
    () => seen.length === 5,
  );
  expect(seen.at(-1)).toBe("4");
});

test("what was not committed comes again, and the note beside the offset is kept", async () => {
  const log = await producer();
  await log.append([block("1"), block("2")]);
  let given = 0;
  await consume(
    async ({ claim }) => {
      given++;
      await claim.commit({ offset: 0, metadata: "about to post" });
    },
    () => given > 0,
  );
  const again: string[] = [];
  await consume(
    async ({ claim, messages }) => {
      again.push((await claim.position()).metadata, ...messages.map((message) => text(message.block)));
    },
    () => again.length > 0,
  );
  expect(again).toEqual(["about to post", "1", "2"]);
});

test("an append at or below a sequence already taken is dropped, across restarts", async () => {
  const log = await producer();
  await log.append([block("1")], { sequence: 7 });
  await log.append([block("again")], { sequence: 7 });
  const other = await producer({ producer: "q" });
  await other.append([block("2")], { sequence: 7 });
  const next = await producer();
  await next.append([block("again")], { sequence: 6 });
  await next.append([block("3")]);
  const seen: string[] = [];
  const sequences: number[] = [];
  await consume(
    async ({ messages }) => {
      seen.push(...messages.map((message) => text(message.block)));
      sequences.push(...messages.map(({ sequence }) => sequence));
    },
    () => seen.length > 0,
  );
  expect(seen).toEqual(["1", "2", "3"]);
  expect(sequences[2]).toBeGreaterThan(sequences[0]!);
});

test("a full spool refuses whole appends and takes them again when there is room", async () => {
  const log = await producer({ maxBytes: 2000 });
  await log.append([block("x".repeat(1000))]);
  await expect(log.append([block("y", "series"), block("z".repeat(1000))])).rejects.toMatchObject({
    code: "full",
    retriable: true,
  });
  const seen: string[] = [];
  await consume(
    async ({ claim, messages }) => {
      seen.push(...messages.map(({ table, rows }) => `${table} ${rows}`));
      await claim.commit({ offset: messages.at(-1)!.offset + 1, metadata: "" });
    },
    () => seen.length > 0,
  );
  expect(seen).toEqual(["samples 1"]);
  await log.append([block("z".repeat(1000))]);
  await log.close();
  await expect(log.append([block("z")])).rejects.toMatchObject({ code: "closed" });
});

test("a message says when it was appended and who sent it, by a name that no other spool has", async () => {
  const began = Date.now();
  const log = await producer();
  await log.append([{ ...block("1"), lane: 3, scrapedAt: 1_700_000_000_000 }]);
  const elsewhere = mkdtempSync(join(tmpdir(), "lockstep-spool-"));
  const other = await openSpoolProducer({ path: elsewhere, producer: "p" });
  await other.append([block("1")]);
  const names = new Set<string>();
  for (const from of [path, elsewhere]) {
    const seen: LogMessage[] = [];
    await consume(
      async ({ messages }) => void seen.push(...messages),
      () => seen.length > 0,
      from,
    );
    expect(seen[0]!.appendedAt).toBeGreaterThanOrEqual(began);
    expect(seen[0]!.appendedAt).toBeLessThanOrEqual(Date.now());
    expect(seen[0]!.producer).toMatch(/^p-[0-9a-f]{12}$/);
    if (from === path) expect(seen[0]).toMatchObject({ lane: 3, scrapedAt: 1_700_000_000_000 });
    names.add(seen[0]!.producer);
  }
  expect(names.size).toBe(2);
  await other.close();
  rmSync(elsewhere, { recursive: true });
});

test("what waits is told by both ends: how many, how much, since when", async () => {
  const log = await producer();
  const consumer = await openSpoolConsumer({ path, pollMs: 10 });
  open.push({ close: () => consumer.stop() });
  const lagOf = async (topic: TableName) => (await consumer.lag()).find((lag) => lag.topic === topic);
  expect(log.stats()).toEqual({ bytes: 0, blocks: 0, oldestAt: undefined });
  expect(await lagOf("samples")).toEqual({ topic: "samples", partition: 0, messages: 0, seconds: 0 });
  const began = Date.now();
  await log.append([block("1"), block("2"), block("s", "series")]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const second = Date.now();
  await log.append([block("3")]);
  expect(log.stats()).toMatchObject({ bytes: log.backlogBytes(), blocks: 4 });
  expect(log.stats().oldestAt).toBeGreaterThanOrEqual(began);
  expect(log.stats().oldestAt).toBeLessThan(second);
  expect(await lagOf("samples")).toMatchObject({ messages: 3 });
  expect((await lagOf("samples"))!.seconds).toBeGreaterThanOrEqual(0.04);
  let left = 4;
  void consumer.run(async ({ claim, messages }) => {
    expect(claim.lost.aborted).toBe(false);
    const done = claim.topic === "samples" ? 2 : messages.length;
    await claim.commit({ offset: messages[0]!.offset + done, metadata: "" });
    left -= done;
  });
  for (let i = 0; i < 300 && left > 1; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await lagOf("samples")).toMatchObject({ messages: 1 });
  expect(await lagOf("series")).toMatchObject({ messages: 0, seconds: 0 });
  expect(log.stats().blocks).toBe(1);
  expect(log.stats().oldestAt).toBeGreaterThanOrEqual(second);
});
