import { SampleBlock } from "@lockstep/formats/sample-block";
import { LogError } from "@lockstep/log/log";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { sampleRowsOf } from "../../../packages/formats/test/sample-rows.ts";
import { MemoryLog } from "../../test/memory-log.ts";
import { Publisher, type PublisherCounts } from "./publisher.ts";

function setUp(maxHeldRows = 1_000_000, lanes = 1, counts?: PublisherCounts) {
  const log = new MemoryLog();
  const troubles: (string | undefined)[] = [];
  const publisher = new Publisher({
    producer: log,
    now: () => 5000,
    flushMs: 1_000_000,
    maxHeldRows,
    lanes,
    ...(counts !== undefined && { counts }),
    onTrouble: (trouble) => troubles.push(trouble?.message),
  });
  return { log, publisher, troubles };
}

/** A page of `rows` samples that tell which page they are of. */
function page(number: number, rows: number): SampleBlock {
  const block = new SampleBlock(Math.max(1, rows));
  for (let row = 0; row < rows; row++) block.push(1, row, 0, number, number, 0);
  return block;
}

const newSeries = (name: string, lo: number) => ({
  resolved: { labels: new Map([["__name__", name]]), metric: 1, lo, hi: 0, blanks: false },
  type: "counter",
  unit: "bytes",
});

/** Page numbers of each append, one per row. */
const numbers = (log: MemoryLog) =>
  log.appends.map((blocks) =>
    blocks.filter(({ table }) => table === "samples").flatMap(({ block }) => sampleRowsOf(block).map(({ ts }) => ts)),
  );

test("pages of many targets go out together, labels before samples", async () => {
  const { log, publisher } = setUp();
  publisher.page(page(1, 2), [newSeries("a", 0), newSeries("b", 1)]);
  publisher.page(page(2, 1), []);
  publisher.row("processes", { process: "p", host: "h", pid: 1, run: "r", started: 1, detail: "", updated: 2 }, true);
  await publisher.flush();
  await publisher.flush();
  expect(log.appends).toHaveLength(1);
  expect(log.appends[0]!.map(({ table, version, rows }) => `${table} ${version} ${rows}`)).toEqual([
    "series 1 2",
    "processes 1 1",
    "samples 1 3",
  ]);
  expect(log.rows("series")[1]).toEqual({
    metric: "b",
    series: 1n,
    labels: new Map([["__name__", "b"]]),
    type: "counter",
    unit: "bytes",
    first_seen: 5000n,
    last_seen: 5000n,
  });
  expect(numbers(log)).toEqual([[1, 1, 2]]);
});

test("a page is copied: its block may be used again at once", async () => {
  const { log, publisher } = setUp();
  const block = page(1, 2);
  publisher.page(block, []);
  block.reset();
  block.push(9, 9, 9, 9, 9, 0);
  await publisher.flush();
  expect(numbers(log)).toEqual([[1, 1]]);
});

describe("lanes", () => {
  const labelsOf = (n: number) => new Map([["instance", `node-${n}:9400`]]);

  test("each has blocks of its own, in one append, with the time of its oldest page", async () => {
    const { log, publisher } = setUp(1e6, 3);
    publisher.page(page(1, 2), [newSeries("a", 0)], 2, 900);
    publisher.page(page(2, 1), [newSeries("b", 1)], 0, 700);
    publisher.page(page(3, 1), [], 2, 800);
    publisher.page(page(4, 1), [], 2);
    publisher.row("processes", { process: "p", host: "h", pid: 1, run: "r", started: 1, detail: "", updated: 2 }, true);
    await publisher.flush();
    expect(log.appends).toHaveLength(1);
    expect(log.appends[0]!.map(({ table, lane, rows, scrapedAt }) => [table, lane, rows, scrapedAt])).toEqual([
      ["series", 0, 1, undefined],
      ["series", 2, 1, undefined],
      ["processes", 0, 1, undefined],
      ["samples", 0, 1, 700],
      ["samples", 2, 4, 800],
    ]);
    expect(numbers(log)).toEqual([[2, 1, 1, 3, 4]]);
    publisher.page(page(5, 1), [], 2);
    await publisher.flush();
    expect(log.appends[1]!.map(({ lane, scrapedAt }) => [lane, scrapedAt])).toEqual([[2, undefined]]);
  });

  test("a target is always in the same, and all are used", () => {
    const { publisher } = setUp(1e6, 16);
    const again = setUp(1e6, 16).publisher;
    const counts = new Array<number>(16).fill(0);
    for (let n = 0; n < 4000; n++) {
      const lane = publisher.laneOf(labelsOf(n));
      expect(again.laneOf(new Map([...labelsOf(n)].reverse()))).toBe(lane);
      counts[lane]!++;
    }
    expect(Math.min(...counts)).toBeGreaterThan(180);
    expect(Math.max(...counts)).toBeLessThan(320);
    expect(setUp().publisher.laneOf(labelsOf(1))).toBe(0);
  });

  test("which one must never change: a series would be in two partitions at once", () => {
    const { publisher } = setUp(1e6, 1024);
    const labels = new Map([...labelsOf(7), ["job", "dcgm"]]);
    expect([labelsOf(0), labelsOf(1), labels].map((each) => publisher.laneOf(each))).toEqual([950, 190, 482]);
  });

  test("a lane that has shrunk and grown again loses nothing", async () => {
    const { log, publisher } = setUp(1e6, 2);
    for (const rows of [200_000, 10, 10, 5000]) {
      publisher.page(page(rows, rows), [], 1);
      await publisher.flush();
      await publisher.flush();
    }
    expect(numbers(log).map((rows) => rows.length)).toEqual([200_000, 10, 10, 5000]);
  });
});

test("what is counted is what the log took", async () => {
  const seen: string[] = [];
  const { log, publisher } = setUp(3, 2, {
    page: (samples) => seen.push(`page ${samples}`),
    refused: () => seen.push("refused"),
    appended: (blocks) => seen.push(`appended ${blocks.map(({ table, rows }) => `${table} ${rows}`).join()}`),
  });
  publisher.page(page(1, 2), [newSeries("a", 0)], 1);
  publisher.page(page(2, 1), []);
  log.refuse();
  await publisher.flush();
  publisher.refused();
  log.refusal = undefined;
  await publisher.flush();
  expect(seen).toEqual(["page 2", "page 1", "refused", "appended series 1,samples 1,samples 2"]);
});

describe("a log that refuses", () => {
  test("holds pages back up to the bound, tells of it once, and takes them in order afterwards", async () => {
    const { log, publisher, troubles } = setUp(10);
    log.refuse();
    publisher.page(page(1, 4), []);
    await publisher.flush();
    expect(publisher.refusal).toBeUndefined();
    publisher.page(page(2, 4), []);
    await publisher.flush();
    expect(publisher.refusal).toBeUndefined();
    publisher.page(page(3, 2), []);
    expect(publisher.refusal).toBe("page not taken: the log is full");
    await publisher.flush();
    expect(troubles).toEqual(["the log is full"]);
    expect(log.tries).toBe(3);

    log.refusal = undefined;
    await publisher.flush();
    expect(publisher.refusal).toBeUndefined();
    await publisher.flush();
    expect(numbers(log)).toEqual([
      [1, 1, 1, 1],
      [2, 2, 2, 2, 3, 3],
    ]);
    expect(troubles).toEqual(["the log is full", undefined]);
  });

  test("for another reason tells of that too", async () => {
    const { log, publisher, troubles } = setUp();
    publisher.page(page(1, 1), []);
    log.refuse();
    await publisher.flush();
    log.refusal = new LogError("io", "the disk is gone");
    await publisher.flush();
    expect(troubles).toEqual(["the log is full", "the disk is gone"]);
  });

  test("for good is an error for the caller", async () => {
    const { log, publisher } = setUp();
    publisher.page(page(1, 1), []);
    log.refusal = new LogError("closed", "the log is closed");
    await expect(publisher.flush()).rejects.toThrow("the log is closed");
  });

  test("does not make the rows of small tables grow without end; the newest stay", async () => {
    const { log, publisher } = setUp();
    log.refuse();
    publisher.page(page(1, 1), []);
    await publisher.flush();
    for (let i = 0; i < 120_000; i++) {
      publisher.row(
        "processes",
        { process: "p", host: "h", pid: i, run: "r", started: 1, detail: "", updated: 2 },
        true,
      );
    }
    log.refusal = undefined;
    await publisher.stop();
    const rows = log.rows("processes");
    expect(rows.length).toBeLessThanOrEqual(50_000);
    expect(rows.at(-1)!["pid"]).toBe(119_999);
  });
});

test("blocks stay below what ingest posts at once, and no page is cut", async () => {
  const { log, publisher } = setUp();
  const sizes = [300_000, 150_000, 100_000, 450_000, 3];
  sizes.forEach((rows, i) => {
    publisher.page(page(i + 1, rows), []);
  });
  await publisher.flush();
  expect(log.appends).toHaveLength(1);
  expect(log.appends[0]!.map(({ rows }) => rows)).toEqual([450_000, 100_000, 450_003]);
});

test("flushes by itself, at the interval last set, whether before or after the start", async () => {
  vi.useFakeTimers();
  try {
    const { log, publisher } = setUp();
    publisher.setFlushMs(100);
    publisher.start();
    publisher.page(page(1, 1), []);
    await vi.advanceTimersByTimeAsync(150);
    expect(log.appends).toHaveLength(1);
    publisher.setFlushMs(1000);
    publisher.page(page(2, 1), []);
    await vi.advanceTimersByTimeAsync(500);
    expect(log.appends).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(600);
    expect(log.appends).toHaveLength(2);
    await publisher.stop();
  } finally {
    vi.useRealTimers();
  }
});

test("states that are not urgent wait for others, and do not stay behind at the end", async () => {
  const { log, publisher } = setUp();
  const state = (pid: number) => ({ process: "p", host: "h", pid, run: "r", started: 1, detail: "", updated: 2 });
  const pids = () => log.rows("processes").map(({ pid }) => pid);
  publisher.row("processes", state(1), true);
  await publisher.flush();
  publisher.row("processes", state(2), false);
  await publisher.flush();
  expect(pids()).toEqual([1]);
  publisher.row("processes", state(3), true);
  await publisher.flush();
  expect(pids()).toEqual([1, 2, 3]);
  publisher.row("processes", state(4), false);
  await publisher.stop();
  expect(pids()).toEqual([1, 2, 3, 4]);
});

describe("stop", () => {
  test("brings out what is left, also behind an append that is under way and fails", async () => {
    const { log, publisher } = setUp();
    log.refuse();
    publisher.page(page(1, 1), []);
    const flushing = publisher.flush();
    publisher.page(page(2, 1), []);
    const stopping = publisher.stop();
    await flushing;
    log.refusal = undefined;
    await stopping;
    expect(numbers(log)).toEqual([[1], [2]]);
  });

  test("rejects where the log takes no more", async () => {
    const { log, publisher } = setUp();
    log.refuse();
    publisher.page(page(1, 1), []);
    await expect(publisher.stop()).rejects.toThrow("the log is full");
  });
});

test("whatever the log refuses and when, in the end it has each page once, whole, in its lane's order, within one append", async () => {
  const rows = fc.integer({ min: 1, max: 5 });
  const lane = fc.integer({ min: 0, max: 2 });
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("page" as const), rows, lane }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("flush" as const), refused: fc.boolean(), wait: fc.boolean() }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { log, publisher, troubles } = setUp(12, 3);
      const taken: number[][] = [[], [], []];
      for (const [i, each] of steps.entries()) {
        if (each.kind === "flush") {
          log.refusal = each.refused ? new LogError("full", "full") : undefined;
          const flushing = publisher.flush();
          if (each.wait) await flushing;
        } else if (publisher.refusal === undefined) {
          if (troubles.at(-1) !== undefined) {
            expect(taken.flat().length - numbers(log).flat().length).toBeLessThan(12);
          }
          publisher.page(page(i, each.rows), [], each.lane);
          for (let row = 0; row < each.rows; row++) taken[each.lane]!.push(i);
        }
      }
      await publisher.flush();
      log.refusal = undefined;
      await publisher.stop();
      const blocks = log.appends.flat();
      taken.forEach((pages, of) => {
        const inLane = blocks.filter(({ lane: found }) => found === of);
        expect(inLane.flatMap(({ block }) => sampleRowsOf(block).map(({ ts }) => ts))).toEqual(pages);
      });
      const appends = numbers(log);
      appends.forEach((pages, i) => {
        for (const later of appends.slice(i + 1)) expect(later.some((number) => pages.includes(number))).toBe(false);
      });
    }),
    { numRuns: 200 },
  );
});
