import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TableName } from "@lockstep/schemas/blocks/tables";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LogBatch, LogConsumer, LogProducer, OutgoingBlock } from "../log.ts";
import { openSpoolConsumer } from "./consumer.ts";
import { openSpoolDeadLetters } from "./dead-letters.ts";
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
async function consume(onBatch: (batch: LogBatch) => Promise<void>, enough: () => boolean): Promise<void> {
  const consumer: LogConsumer = await openSpoolConsumer({ path, pollMs: 10 });
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

test("dead letters are kept with their reason, the newest thousand", async () => {
  const dead = await openSpoolDeadLetters({ path });
  open.push(dead);
  const message = (offset: number) => ({ ...block("bad"), offset, producer: "p", sequence: offset });
  for (let offset = 0; offset < 1005; offset++)
    await dead.put({ topic: "samples", partition: 0, message: message(offset), reason: `reason ${offset}` });
  const list = await dead.list();
  expect(list).toHaveLength(1000);
  expect(list[0]).toMatchObject({ id: "samples/5", reason: "reason 5" });
});
