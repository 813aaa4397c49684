import { encodeRows } from "@lockstep/formats/native";
import type { LogMessage } from "@lockstep/log/log";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import { type Store, StoreError } from "@lockstep/store/client";
import { describe, expect, test } from "vitest";
import { MemoryDeadLetters } from "../../test/memory-log.ts";
import { MemoryStore, POISON_EXPONENT } from "../../test/memory-store.ts";
import { missingSamples } from "./missing-samples.ts";
import { RangePoster } from "./range-poster.ts";
import { createRetry } from "./retry.ts";

const DAY_MS = 86_400_000;

function message(offset: number, days: readonly number[] = [0], e = 0): LogMessage {
  const rows = days.map((day, i) => ({ metric: 7, series: BigInt(offset * 100 + i), ts: day * DAY_MS + i, m: 1, e }));
  const block = encodeRows(BLOCK_TABLES.samples, rows);
  return { table: "samples", version: 1, rows: rows.length, offset, producer: "p", sequence: offset, block };
}

function setUp() {
  const store = new MemoryStore();
  const dead = new MemoryDeadLetters();
  const stopped = new AbortController();
  const retried: string[] = [];
  const laidAside: string[] = [];
  const unseen: string[] = [];
  const retry = createRetry({
    firstMs: 1,
    lastMs: 1,
    isRetriable: (error) => error instanceof Error && "retriable" in error && error.retriable === true,
    onRetry: (what) => retried.push(what),
    random: () => 0,
    signal: stopped.signal,
  });
  const poster = new RangePoster({
    store: store as unknown as Store,
    deadLetters: dead,
    retry,
    onDeadLetter: (topic, { offset }, reason) => laidAside.push(`${topic}/${offset} ${reason}`),
    onUnseen: (name) => unseen.push(name),
  });
  const post = (messages: LogMessage[], replayed = false) =>
    poster.post({ topic: "samples", partition: 0, name: "r", messages, replayed });
  return { store, dead, stopped, retried, laidAside, unseen, post };
}

const series = (store: MemoryStore) => store.rows("samples").map((row) => Number(row["series"]));

test("good blocks go together, in their order, under the range's name", async () => {
  const { store, post } = setUp();
  await post([message(1), message(2, [0, 0])]);
  expect(store.inserts).toEqual([{ table: "samples", token: "r", rows: 3 }]);
  expect(series(store)).toEqual([100, 200, 201]);
});

test("nothing good, nothing sent", async () => {
  const { store, laidAside, post } = setUp();
  await post([]);
  await post([{ ...message(1), block: message(1).block.subarray(0, 20) }]);
  expect(store.inserts).toEqual([]);
  expect(laidAside).toEqual([expect.stringMatching(/^samples\/1 cut at byte 20: /)]);
});

describe("a block that ClickHouse refuses for what it holds", () => {
  test("is found one by one, each under a name of its own, and the others go in", async () => {
    const { store, laidAside, post } = setUp();
    await post([message(1), message(2, [0], POISON_EXPONENT), message(3)]);
    expect(store.inserts.map(({ token }) => token)).toEqual(["r", "r/1", "r/2", "r/3"]);
    expect(series(store)).toEqual([100, 300]);
    expect(laidAside).toEqual(["samples/2 insert into samples: poison"]);
  });

  test("an error that is no fault of the block ends the post", async () => {
    const { store, laidAside, post } = setUp();
    store.moment = () => {
      throw new StoreError("auth", "wrong password");
    };
    await expect(post([message(1)])).rejects.toThrow("wrong password");
    expect(laidAside).toEqual([]);
  });
});

describe("while ClickHouse is away", () => {
  test("it is tried again for as long as it takes, under the same name", async () => {
    const { store, retried, post } = setUp();
    let failures = 200;
    store.moment = (where) => {
      if (where === "before the insert" && failures-- > 0) throw new StoreError("unreachable", "refused");
    };
    await post([message(1)]);
    expect(retried).toHaveLength(200);
    expect(retried[0]).toBe("insert r");
    expect(series(store)).toEqual([100]);
    expect(store.inserts.map(({ token }) => token)).toEqual(["r"]);
  });

  test("until it is told to stop", async () => {
    const { store, stopped, post } = setUp();
    store.moment = () => {
      throw new StoreError("unreachable", "refused");
    };
    setTimeout(() => stopped.abort(), 20);
    await expect(post([message(1)])).rejects.toThrow("refused");
  });

  test("a dead letter waits for its disk too", async () => {
    const { dead, laidAside, post } = setUp();
    let failures = 3;
    dead.moment = () => {
      if (failures-- > 0) throw new StoreError("unreachable", "disk");
    };
    await post([{ ...message(1), version: 9 }]);
    expect(laidAside).toEqual(["samples/1 version 9 of samples, expected 1"]);
  });
});

describe("a replayed range", () => {
  test("that is there is not sent again under another name", async () => {
    const { store, post } = setUp();
    const range = [message(1, [0, 1, 1]), message(2, [1])];
    await post(range);
    await post(range, true);
    expect(store.inserts.map(({ token }) => token)).toEqual(["r", "r"]);
    expect(series(store).sort()).toEqual([100, 101, 102, 200]);
  });

  test("of which one day is missing gets that day, and no other", async () => {
    const { store, post } = setUp();
    const range = [message(1, [0, 1, 1]), message(2, [1]), message(3, [0, 2])];
    await post(range);
    store.tables.set(
      "samples",
      store.rows("samples").filter((row) => Number(row["ts"]) < DAY_MS),
    );
    await post(range, true);
    expect(series(store).sort()).toEqual([100, 101, 102, 200, 300, 301]);
    expect(store.inserts.slice(2)).toEqual([
      { table: "samples", token: "r/again-1/1", rows: 3 },
      { table: "samples", token: "r/again-1/2", rows: 1 },
    ]);
  });

  test("with the same sample twice counts it as there", async () => {
    const { store } = setUp();
    const twice = message(1, [0]);
    await store.insertNative("samples", twice.block, { token: "t" });
    expect(await missingSamples(store as unknown as Store, [twice, { ...twice, offset: 2 }])).toEqual([]);
  });

  test("of thousands of rows is looked for by a few of them", async () => {
    const { store } = setUp();
    const large = message(
      1,
      Array.from({ length: 5000 }, (_, i) => i % 2),
    );
    let asked = 0;
    const watched = {
      read: (query: { name: string; params: { series: string[] } }) => {
        asked = Math.max(asked, query.params.series.length);
        return store.read(query);
      },
    };
    const missing = await missingSamples(watched as unknown as Store, [large]);
    expect(missing.map(({ day, messages }) => [day, messages[0]?.rows])).toEqual([
      [0, 2500],
      [1, 2500],
    ]);
    expect(asked).toBeLessThanOrEqual(16);
  });
});
