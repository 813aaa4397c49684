/** kill -9 of ClickHouse in the middle of inserts: what was acknowledged stays, nothing counts twice. */
import { expect, test } from "vitest";
import { z } from "zod";
import { createStore, type Store, StoreError } from "../src/client.ts";
import { type EmbeddedProcess, startEmbedded, temporaryFolder } from "./embedded-process.ts";

const ROWS = 2_000;
const KILLS = 3;

/** A Native block of ROWS rows of one UInt64 column `n`, all `value`. */
function blockOf(value: number): Buffer {
  const values = new BigUint64Array(ROWS).fill(BigInt(value));
  const header = Buffer.from([1, (ROWS & 0x7f) | 0x80, ROWS >> 7, 1, 0x6e, 6, ...Buffer.from("UInt64")]);
  return Buffer.concat([header, Buffer.from(values.buffer)]);
}

async function insertUntilGone(store: Store, from: number): Promise<{ acknowledged: number[]; inFlight: number }> {
  const acknowledged: number[] = [];
  for (let n = from; ; n++) {
    try {
      await store.insertNative("kept", blockOf(n), { token: `kept/${n}` });
      acknowledged.push(n);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      expect(error).toMatchObject({ code: "unreachable", retriable: true });
      return { acknowledged, inFlight: n };
    }
  }
}

async function rowsByNumber(store: Store): Promise<Map<number, number>> {
  const rows = await store.read({
    name: "kept",
    sql: "SELECT n, count() AS rows FROM kept GROUP BY n",
    params: {},
    row: z.object({ n: z.number(), rows: z.number() }),
  });
  return new Map(rows.map(({ n, rows: count }) => [n, count]));
}

test("kill -9 during inserts", async () => {
  const data = temporaryFolder();
  let embedded: EmbeddedProcess = await startEmbedded(data);
  const acknowledged = new Set<number>();
  const inFlight = new Set<number>();
  let next = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const store = createStore(embedded.options);
    if (kill === 0)
      await store.command(
        `CREATE TABLE kept (n UInt64) ENGINE = MergeTree ORDER BY n
        SETTINGS non_replicated_deduplication_window = 1000`,
      );
    const inserting = insertUntilGone(store, next);
    setTimeout(() => embedded.child.kill("SIGKILL"), 300 + kill * 137);
    const result = await inserting;
    await store.close();
    for (const n of result.acknowledged) acknowledged.add(n);
    inFlight.add(result.inFlight);
    next = result.inFlight + 1;
    expect(await embedded.end("SIGKILL")).toBeNull();
    embedded = await startEmbedded(data);
  }

  const store = createStore(embedded.options);
  const before = await rowsByNumber(store);
  expect(acknowledged.size).toBeGreaterThan(KILLS);
  for (const n of acknowledged) expect(before.get(n)).toBe(ROWS);
  for (const n of inFlight) expect([undefined, ROWS]).toContain(before.get(n));
  // As ingest does after a crash: the same bytes under the same token, and under another where nothing came of the first.
  // ClickHouse writes a token down a moment before the part is in place.
  for (const n of [...before.keys()].slice(-100)) await store.insertNative("kept", blockOf(n), { token: `kept/${n}` });
  for (const n of inFlight)
    if (!before.has(n)) await store.insertNative("kept", blockOf(n), { token: `kept/${n}/again` });
  const after = await rowsByNumber(store);
  expect(new Set(after.values())).toEqual(new Set([ROWS]));
  expect(after.size).toBe(next);
  await store.close();
  expect(await embedded.end()).toBe(0);
});
