/** The store's own methods against the embedded ClickHouse. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createStore, type Store } from "../src/client.ts";
import { RowBinaryReader } from "../src/row-binary.ts";
import { type EmbeddedProcess, freePort, startEmbedded } from "./embedded-process.ts";

const data = mkdtempSync(join(tmpdir(), "lockstep-store-"));
let embedded: EmbeddedProcess;
let store: Store;

beforeAll(async () => {
  embedded = await startEmbedded(data);
  store = createStore(embedded.options);
});

afterAll(async () => {
  await store?.close();
  await embedded?.end();
  rmSync(data, { recursive: true, force: true });
});

beforeEach(async () => {
  await store.command("DROP TABLE IF EXISTS samples");
  await store.command(
    `CREATE TABLE samples (series UInt64, ts DateTime64(3), m Int64, labels Map(LowCardinality(String), String))
    ENGINE = MergeTree ORDER BY (series, ts) SETTINGS non_replicated_deduplication_window = 100`,
  );
});

const counted = {
  name: "count",
  sql: "SELECT count() AS n FROM samples",
  params: {},
  row: z.object({ n: z.number() }),
};
const count = async () => (await store.read(counted))[0]?.n;

/** A Native block of one UInt64 column `series`. */
function nativeBlock(...series: bigint[]): Buffer {
  const name = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  const values = Buffer.alloc(series.length * 8);
  series.forEach((value, i) => {
    values.writeBigUInt64LE(value, i * 8);
  });
  return Buffer.concat([Buffer.from([1, series.length]), name("series"), name("UInt64"), values]);
}

describe("read", () => {
  test("parameters of every kind come back as they went", async () => {
    const text = 'it\'s \\ a \t tab,\n"quoted" {x:String} 😀';
    const rows = await store.read({
      name: "parameters",
      sql: `SELECT {text:String} AS text, {list:Array(String)} AS list, {numbers:Array(UInt32)} AS numbers,
        {big:UInt64} AS big, {flag:Bool} AS flag, {real:Float64} AS real`,
      params: { text, list: [text, ""], numbers: [1, 2], big: "18446744073709551615", flag: true, real: 0.1 },
      row: z.object({
        text: z.string(),
        list: z.array(z.string()),
        numbers: z.array(z.number()),
        big: z.number(),
        flag: z.boolean(),
        real: z.number(),
      }),
    });
    expect(rows).toEqual([{ text, list: [text, ""], numbers: [1, 2], big: 2 ** 64, flag: true, real: 0.1 }]);
  });

  test("a row unlike its schema says which and where", async () => {
    const query = { ...counted, row: z.object({ n: z.string() }) };
    await expect(store.read(query)).rejects.toMatchObject({
      code: "bad_query",
      message: expect.stringMatching(/^count: row 1, n: /),
    });
  });

  test("a slow query ends at its time", async () => {
    const slow = { ...counted, sql: "SELECT sum(sipHash64(number)) AS n FROM numbers(1000000000000)" };
    await expect(store.read(slow, { timeoutSeconds: 1 })).rejects.toMatchObject({ code: "timeout", retriable: true });
  });

  test("an aborted signal rejects with its reason, and the query ends in ClickHouse", async () => {
    const slow = {
      ...counted,
      name: "aborted",
      sql: "SELECT sum(sipHash64(number, 7)) AS n FROM numbers(1000000000000)",
    };
    const stop = new AbortController();
    const reading = store.read(slow, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("the page was left")), 300);
    await expect(reading).rejects.toThrow("the page was left");
    const running = {
      name: "running",
      sql: "SELECT count() AS n FROM system.processes WHERE query LIKE '%sipHash64(number, 7)%' AND query NOT LIKE '%system.processes%'",
      params: {},
      row: z.object({ n: z.number() }),
    };
    await expect.poll(() => store.read(running), { timeout: 5_000 }).toEqual([{ n: 0 }]);
  });

  test("an answer that is too long is refused", async () => {
    const long = { ...counted, sql: "SELECT number AS n FROM numbers(1000001)" };
    await expect(store.read(long)).rejects.toMatchObject({ code: "too_big" });
  });
});

test("readBinary keeps bits", async () => {
  const bytes = await store.readBinary({
    name: "bits",
    sql: "SELECT reinterpretAsFloat64({bits:UInt64}) AS value, ['a', 'b'] AS list, CAST(NULL, 'Nullable(UInt8)') AS nothing",
    params: { bits: "9218868437227405314" },
  });
  const reader = new RowBinaryReader(bytes);
  expect(reader.u64()).toBe(9218868437227405314n);
  expect(reader.array((r) => r.string())).toEqual(["a", "b"]);
  expect(reader.nullable((r) => r.u8())).toBeUndefined();
  expect(reader.done).toBe(true);
});

describe("insertRows", () => {
  test("a DateTime64(3) is milliseconds since 1970", async () => {
    await store.insertRows("samples", [
      { series: 1, ts: 1_700_000_000_123, m: -5, labels: { job: "node's", empty: "" } },
      { series: 2, ts: "2023-11-14T22:13:20.5Z", m: "9223372036854775807", labels: {} },
    ]);
    const rows = await store.read({
      name: "times",
      sql: "SELECT toUnixTimestamp64Milli(ts) AS ts, labels, toString(m) AS m FROM samples ORDER BY series",
      params: {},
      row: z.object({ ts: z.number(), labels: z.record(z.string(), z.string()), m: z.string() }),
    });
    expect(rows).toEqual([
      { ts: 1_700_000_000_123, labels: { job: "node's", empty: "" }, m: "-5" },
      { ts: 1_700_000_000_500, labels: {}, m: "9223372036854775807" },
    ]);
  });

  test.each([
    ["a value that does not fit", { series: "x" }],
    ["a column that the table lacks", { series: 1, serie: 1 }],
    ["a part of a millisecond", { series: 1, ts: 1.5 }],
  ])("%s is a fault of the content", async (_, row) => {
    await expect(store.insertRows("samples", [row])).rejects.toMatchObject({
      code: "content",
      retriable: false,
    });
    expect(await count()).toBe(0);
  });

  test("a table that is not there is a fault of the query", async () => {
    await expect(store.insertRows("nowhere", [{ a: 1 }])).rejects.toMatchObject({
      code: "bad_query",
      clickhouseName: "UNKNOWN_TABLE",
    });
  });
});

describe("insertNative", () => {
  test("several blocks are one insert, and the same token counts once", async () => {
    const body = [nativeBlock(1n, 2n), nativeBlock(3n)];
    await store.insertNative("samples", body, { token: "t/0/0-1" });
    await store.insertNative("samples", body, { token: "t/0/0-1" });
    expect(await count()).toBe(3);
    await store.insertNative("samples", body, { token: "t/0/2-3" });
    expect(await count()).toBe(6);
  });

  test("a token counts once across a restart", async () => {
    await store.insertNative("samples", nativeBlock(1n), { token: "again" });
    await store.close();
    expect(await embedded.end()).toBe(0);
    embedded = await startEmbedded(data);
    store = createStore(embedded.options);
    await store.insertNative("samples", nativeBlock(1n), { token: "again" });
    expect(await count()).toBe(1);
  });

  test("nothing to insert", async () => {
    await store.insertNative("samples", [], { token: "empty" });
    await store.insertNative("samples", Buffer.alloc(0), { token: "empty" });
    expect(await count()).toBe(0);
  });

  test.each([
    ["bytes that are no block", Buffer.from("abc")],
    ["a block cut short", nativeBlock(1n, 2n).subarray(0, -3)],
    ["a column that the table lacks", Buffer.from([1, 1, 1, 0x78, 5, ...Buffer.from("UInt8"), 7])],
  ])("%s: a fault of the content", async (_, body) => {
    await expect(store.insertNative("samples", body, { token: "bad" })).rejects.toMatchObject({
      code: "content",
      retriable: false,
    });
    expect(await count()).toBe(0);
  });
});

describe("the way there", () => {
  test("a wrong password", async () => {
    const other = createStore({ ...embedded.options, password: "wrong" });
    await expect(other.ping()).rejects.toMatchObject({ code: "auth", retriable: false, clickhouseCode: 516 });
    await expect(other.insertNative("samples", nativeBlock(1n), { token: "a" })).rejects.toMatchObject({
      code: "auth",
    });
    await other.close();
  });

  test("nobody there", async () => {
    const other = createStore({ ...embedded.options, url: `http://127.0.0.1:${await freePort()}` });
    const insert = () => other.insertNative("samples", nativeBlock(1n), { token: "a" });
    for (const ask of [() => other.ping(), insert, () => other.read(counted)])
      await expect(ask()).rejects.toMatchObject({ code: "unreachable", retriable: true });
    await other.close();
  });
});
