import { encodeRows } from "@lockstep/formats/native";
import { LogError, type LogMessage } from "@lockstep/log/log";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import { type Store, StoreError } from "@lockstep/store/client";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryDeadLetters, MemoryPartition } from "../../test/memory-log.ts";
import { MemoryStore, POISON_EXPONENT } from "../../test/memory-store.ts";
import { RangePoster } from "../write/range-poster.ts";
import { createRetry } from "../write/retry.ts";
import { PartitionWriter } from "./partition-writer.ts";

const DAY_MS = 86_400_000;

/** Less than a millisecond of ClickHouse's own: it dies there, but no ingest sleeps there. */
const INSIDE_CLICKHOUSE = "after a token, before its part";

/** This process dies here. */
class Death extends Error {}

type Kind = "good" | "garbage" | "version" | "envelope" | "poison" | "table" | "resent";
type Spec = { readonly kind: Kind; readonly producer?: string; readonly days?: readonly number[] };

/** What befalls one life of ingest: at which moment it dies, and at which ClickHouse or the disk fails it for now. */
type Fate = {
  readonly diesAt?: number;
  /** It sleeps there until a successor has done everything, and wakes long after its session has ended. */
  readonly sleepsAt?: number;
  readonly fails?: readonly number[];
  readonly batches?: readonly number[];
};

class World {
  readonly partition: MemoryPartition;
  readonly store = new MemoryStore();
  readonly dead = new MemoryDeadLetters();
  /** Series of the rows that have to arrive, and offsets of the messages that cannot. */
  readonly expected: bigint[] = [];
  readonly bad: number[] = [];
  moments: string[] = [];
  #now = 0;

  constructor(specs: readonly Spec[], topic: "samples" | "series" = "samples") {
    this.partition = new MemoryPartition(topic);
    const sequences = new Map<string, number>();
    let series = 0n;
    for (const { kind, producer = "p", days = [0] } of specs) {
      const { messages } = this.partition;
      if (kind === "resent") {
        const earlier = messages.filter((message) => message.producer === producer).at(-2 - (days[0] ?? 0));
        if (earlier !== undefined && !this.bad.includes(earlier.offset)) this.partition.add(earlier);
        continue;
      }
      const sequence = (sequences.get(producer) ?? -1) + 1;
      sequences.set(producer, sequence);
      const rows = days.map((day) => sampleOrSeries(topic, series++, day, kind === "poison"));
      const block = kind === "garbage" ? Buffer.from("garbage") : encodeRows(BLOCK_TABLES[topic], rows);
      if (kind === "good") this.expected.push(...rows.map((row) => row.series));
      else this.bad.push(messages.length);
      const message = { producer, sequence, rows: rows.length, block, version: kind === "version" ? 99 : 1 };
      if (kind === "table") this.partition.add({ ...message, table: "targets" });
      else if (kind === "envelope")
        this.partition.add({ ...message, producer: "", sequence: -1, rows: 0, version: -1 });
      else this.partition.add(message);
    }
  }

  /** One process, from the committed offset to the end of the log or its death; true where it came to the end. */
  async live({ diesAt = -1, sleepsAt = -1, fails = [], batches = [1000] }: Fate = {}): Promise<boolean> {
    const moments: string[] = [];
    this.moments = moments;
    const moment = (failure: (where: string) => Error) => (where: string) => {
      const now = moments.push(where) - 1;
      if (now === diesAt) throw new Death(where);
      if (fails.includes(now)) throw failure(where);
      return now === sleepsAt && where !== INSIDE_CLICKHOUSE ? this.#sleep() : undefined;
    };
    this.partition.moment = moment((where) => new Death(where)); // a commit that fails ends the process
    this.store.moment = moment((where) => new StoreError("unreachable", where));
    this.dead.moment = moment((where) => new LogError("io", where));
    const writer = new PartitionWriter({
      claim: this.partition.claim(),
      poster: posterOf(this.store, this.dead),
      onPosted: async () => {
        await Promise.resolve();
        await moment((where) => new Death(where))("after a post, before its commit");
      },
      onGone: () => {},
      onForgotten: () => {},
      now: () => this.#now,
    });
    try {
      let at = this.partition.position.offset;
      for (let i = 0; at < this.partition.messages.length; i++) {
        const messages = this.partition.messages.slice(at, at + batches[i % batches.length]!);
        at += messages.length;
        await writer.take(messages);
      }
      return true;
    } catch (error) {
      if (error instanceof Death || (error instanceof LogError && error.code === "fenced")) return false;
      throw error;
    } finally {
      this.moments = moments;
    }
  }

  async #sleep(): Promise<void> {
    const { partition, store, dead } = this;
    const awake = [partition.moment, store.moment, dead.moment] as const;
    await this.live();
    [partition.moment, store.moment, dead.moment] = awake;
    this.#now += 15_000;
  }

  get arrived(): bigint[] {
    return this.store
      .rows(this.partition.topic)
      .map((row) => row["series"] as bigint)
      .sort((a, b) => Number(a - b));
  }

  /** All of it is stored, laid aside and committed, and nothing twice. */
  check(): void {
    const { topic, position, messages } = this.partition;
    const arrived = topic === "samples" ? this.arrived : [...new Set(this.arrived)];
    expect(arrived).toEqual(this.expected);
    expect([...this.dead.letters.values()].map(({ message }) => message.offset).sort((a, b) => a - b)).toEqual(
      this.bad,
    );
    expect(position.offset).toBe(messages.length);
    expect(position.metadata).not.toContain('"hi"');
  }
}

function sampleOrSeries(topic: "samples" | "series", series: bigint, day: number, poison: boolean) {
  const ts = 1_700_000_000_000 + day * DAY_MS + Number(series);
  if (topic === "samples") return { metric: 1, series, ts, m: 5, e: poison ? POISON_EXPONENT : 0 };
  return { metric: "m", series, labels: new Map(), type: "", unit: "", first_seen: ts, last_seen: ts };
}

function posterOf(store: MemoryStore, deadLetters: MemoryDeadLetters): RangePoster {
  const retry = createRetry({
    firstMs: 0,
    lastMs: 0,
    isRetriable: (error) => error instanceof Error && "retriable" in error && error.retriable === true,
    onRetry: () => {},
    random: () => 0,
    signal: new AbortController().signal,
  });
  return new RangePoster({
    store: store as unknown as Store,
    deadLetters,
    retry,
    onDeadLetter: () => {},
    onUnseen: () => {},
  });
}

const good = (count: number): Spec[] => Array.from({ length: count }, () => ({ kind: "good", days: [0, 0, 1] }));

test("messages become rows, a batch at a time, under a name that says which they are", async () => {
  const world = new World(good(5));
  expect(await world.live({ batches: [2] })).toBe(true);
  world.check();
  expect(world.store.inserts).toEqual([
    { table: "samples", token: "log/samples/0/0-1", rows: 6 },
    { table: "samples", token: "log/samples/0/2-3", rows: 6 },
    { table: "samples", token: "log/samples/0/4-4", rows: 3 },
  ]);
});

test("what a producer sends again is taken once, in the same batch and in a later one", async () => {
  const world = new World([
    { kind: "good" },
    { kind: "good" },
    { kind: "resent" },
    { kind: "good", producer: "q" },
    { kind: "resent" },
    { kind: "good" },
    { kind: "resent", producer: "q" },
  ]);
  expect(await world.live({ batches: [3, 1] })).toBe(true);
  world.check();
});

test("bad messages are laid aside with the reason, and their neighbours arrive", async () => {
  const kinds: Kind[] = ["good", "garbage", "good", "version", "envelope", "poison", "table", "good", "poison"];
  const world = new World(kinds.map((kind) => ({ kind })));
  await world.live();
  world.check();
  expect([...world.dead.letters.values()].map(({ message, reason }) => `${message.offset} ${reason}`)).toEqual([
    expect.stringMatching(/^1 samples block: found 103 columns and 97 rows, expected 5 and 1$/),
    "3 version 99 of samples, expected 1",
    "4 its envelope cannot be read",
    "6 a block of table targets in topic samples",
    "5 insert into samples: poison",
    "8 insert into samples: poison",
  ]);
});

describe("a death at any moment", () => {
  const scenarios: [string, Spec[], "samples" | "series"][] = [
    ["good messages over two days", good(5), "samples"],
    ["bad ones among them", [...good(2), { kind: "garbage" }, { kind: "poison" }, ...good(2)], "samples"],
    ["repeated ones among them", [...good(2), { kind: "resent" }, ...good(1), { kind: "resent" }], "samples"],
    ["series", good(4), "series"],
  ];
  test.each(scenarios)(
    "%s: nothing is lost, nothing doubled, however the log is cut afterwards",
    async (_, specs, topic) => {
      const whole = new World(specs, topic);
      await whole.live({ batches: [3] });
      whole.check();
      const { moments } = whole;
      expect(moments).toContain(INSIDE_CLICKHOUSE);
      for (const batches of [[1], [2], [1000]]) {
        for (let diesAt = 0; diesAt < moments.length; diesAt++) {
          const world = new World(specs, topic);
          expect(await world.live({ diesAt, batches: [3] })).toBe(false);
          await world.live({ batches });
          world.check();
        }
      }
    },
  );

  test.each(scenarios)("%s: the successor dies too, at any moment", async (_, specs, topic) => {
    const count = 24;
    for (let first = 0; first < count; first++) {
      for (let second = 0; second < count; second++) {
        const world = new World(specs, topic);
        await world.live({ diesAt: first, batches: [3] });
        await world.live({ diesAt: second, batches: [2] });
        await world.live();
        world.check();
      }
    }
  });

  test("the range of a successor is the predecessor's, not what the log happens to deliver", async () => {
    const world = new World(good(6));
    await world.live({ diesAt: 4, batches: [3] });
    expect(world.moments.at(-1)).toBe("before a part");
    await world.live({ batches: [2] });
    world.check();
    expect(world.store.inserts.map(({ token }) => token)).toEqual([
      "log/samples/0/0-2",
      "log/samples/0/0-2",
      expect.stringMatching(/^log\/samples\/0\/3-/),
      expect.stringMatching(/^log\/samples\/0\/.-5$/),
    ]);
  });
});

describe("a process that sleeps until its successor has done everything", () => {
  const scenarios: [string, Spec[]][] = [
    ["good messages over two days", good(4)],
    ["bad ones among them", [...good(1), { kind: "garbage" }, { kind: "poison" }, ...good(1)]],
  ];

  test.each(scenarios)("%s: at any moment, it adds nothing when it wakes", async (_, specs) => {
    const whole = new World(specs);
    await whole.live({ batches: [3] });
    for (let sleepsAt = 0; sleepsAt < whole.moments.length; sleepsAt++) {
      if (whole.moments[sleepsAt] === INSIDE_CLICKHOUSE) continue;
      const world = new World(specs);
      const cameToItsEnd = await world.live({ sleepsAt, batches: [3] });
      world.check();
      expect(cameToItsEnd, whole.moments[sleepsAt]).toBe(sleepsAt === whole.moments.length - 1);
    }
  });

  test("nor where it slept while it looked for what a failing ClickHouse had kept", async () => {
    const looked = new Set<string>();
    for (let fails = 0; fails < 12; fails++) {
      for (let sleepsAt = fails + 1; sleepsAt < 24; sleepsAt++) {
        const world = new World(good(2));
        await world.live({ fails: [fails], sleepsAt });
        await world.live();
        world.check();
        for (const { token } of world.store.inserts) looked.add(token);
      }
    }
    expect([...looked].filter((token) => token.includes("/again-1/"))).toHaveLength(2);
  });
});

describe("a log that has lost messages", () => {
  /** Announced and posted, not committed; then the log loses what lies before `left`. */
  async function lose(left: number, specs = good(4)) {
    const world = new World(specs);
    const last = (await count(specs)) - 2;
    expect(await world.live({ diesAt: last })).toBe(false);
    expect(world.moments.at(-1)).toBe("before a commit");
    world.partition.messages.splice(0, left);
    const gone: string[] = [];
    const writer = new PartitionWriter({
      claim: world.partition.claim(),
      poster: posterOf(world.store, world.dead),
      onPosted: async () => {},
      onGone: (from, to) => gone.push(`${from} ${to}`),
      onForgotten: () => {},
      now: () => 0,
    });
    return { world, writer, gone };
  }

  async function count(specs: readonly Spec[]): Promise<number> {
    const whole = new World(specs);
    await whole.live();
    return whole.moments.length;
  }

  test("of an announced range takes what is left, once", async () => {
    const { world, writer, gone } = await lose(2);
    await writer.take(world.partition.messages);
    expect(world.arrived).toEqual(world.expected);
    expect(gone).toEqual(["0 2"]);
    expect(world.partition.position.offset).toBe(4);
  });

  test("a whole announced range is told, and what comes after it is taken", async () => {
    const { world, writer, gone } = await lose(4);
    const block = encodeRows(BLOCK_TABLES.samples, [sampleOrSeries("samples", 99n, 0, false)]);
    const message = { table: "samples", version: 1, rows: 1, producer: "p", sequence: 9, offset: 7, block } as const;
    await writer.take([message]);
    expect(world.arrived).toEqual([...world.expected, 99n]);
    expect(gone).toEqual(["0 4"]);
    expect(world.partition.position.offset).toBe(8);
  });

  test("one that begins before what was committed does not wait for a range that will never be", async () => {
    const { world, writer } = await lose(0);
    world.partition.position = { offset: 500, metadata: '{"hi":900,"marks":[]}' };
    await writer.take(world.partition.messages);
    expect(world.partition.position.offset).toBe(4);
  });
});

test("a lost claim begins nothing new", async () => {
  const world = new World(good(2));
  const lost = new AbortController();
  const writer = new PartitionWriter({
    claim: { ...world.partition.claim(), lost: lost.signal },
    poster: posterOf(world.store, world.dead),
    onPosted: async () => {},
    onGone: () => {},
    onForgotten: () => {},
    now: () => 0,
  });
  lost.abort();
  await expect(writer.take(world.partition.messages)).rejects.toMatchObject({ code: "fenced" });
  expect(world.store.inserts).toEqual([]);
});

test("producers beyond what the note holds are told", async () => {
  const specs = Array.from({ length: 400 }, (_, i): Spec => ({ kind: "good", producer: `collector-${i}` }));
  const world = new World(specs);
  const forgotten: number[] = [];
  const writer = new PartitionWriter({
    claim: world.partition.claim(),
    poster: posterOf(world.store, world.dead),
    onPosted: async () => {},
    onGone: () => {},
    onForgotten: (producers) => forgotten.push(producers),
    now: () => 0,
  });
  await writer.take(world.partition.messages);
  expect(forgotten[0]).toBeGreaterThan(100);
});

describe("ClickHouse dies while ingest lives on", () => {
  test.each(["samples", "series"] as const)(
    "at any moment of an insert of %s: nothing is lost, nothing doubled",
    async (topic) => {
      const whole = new World(good(3), topic);
      await whole.live();
      for (let fails = 0; fails < whole.moments.length; fails++) {
        if (whole.moments[fails]!.includes("commit") || whole.moments[fails]!.includes("position")) continue;
        const world = new World(good(3), topic);
        expect(await world.live({ fails: [fails] })).toBe(true);
        world.check();
      }
    },
  );
});

test("whatever dies, and when, each message's rows arrive exactly once", async () => {
  const days = fc.array(fc.nat(2), { minLength: 1, maxLength: 4 });
  const kinds = fc.constantFrom<Kind>(
    "good",
    "good",
    "good",
    "good",
    "resent",
    "garbage",
    "version",
    "envelope",
    "poison",
    "table",
  );
  const spec: fc.Arbitrary<Spec> = fc.record({ kind: kinds, producer: fc.constantFrom("p", "q"), days });
  const fate: fc.Arbitrary<Fate> = fc.record({
    diesAt: fc.nat(25),
    fails: fc.array(fc.nat(25), { maxLength: 6 }),
    batches: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(spec, { minLength: 1, maxLength: 10 }),
      fc.array(fate, { maxLength: 8 }),
      async (specs, fates) => {
        const world = new World(specs);
        for (const each of fates) await world.live(each);
        expect(await world.live({ batches: [3] })).toBe(true);
        world.check();
      },
    ),
    { numRuns: 1500 },
  );
});

test("a log that was begun anew is another log: its ranges have other names", async () => {
  const store = new MemoryStore();
  for (const logId of ["one", "two"]) {
    const partition = new MemoryPartition("samples");
    const block = encodeRows(BLOCK_TABLES.samples, [sampleOrSeries("samples", 1n, 0, false)]);
    partition.add({ version: 1, rows: 1, producer: "p", sequence: 0, block });
    const writer = new PartitionWriter({
      claim: { ...partition.claim(), logId },
      poster: posterOf(store, new MemoryDeadLetters()),
      onPosted: async () => {},
      onGone: () => {},
      onForgotten: () => {},
      now: () => 0,
    });
    await writer.take(partition.messages as LogMessage[]);
  }
  expect(store.rows("samples")).toHaveLength(2);
});
