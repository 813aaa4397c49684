/** Roll-ups on the real engine against their definition in TypeScript, through failures, late data and two runners. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { SampleBlock } from "@lockstep/formats/sample-block";
import type { LogMessage } from "@lockstep/log/log";
import { noMeter } from "@lockstep/process/metrics";
import { metricId } from "@lockstep/schemas/domain/metric-id";
import { rollupGrid } from "@lockstep/schemas/queries/rollup-grid";
import { FIVE_MINUTES, ONE_HOUR, type RollupLevel } from "@lockstep/schemas/queries/rollup-levels";
import { createStore, type Store, StoreError } from "@lockstep/store/client";
import { migrate } from "@lockstep/store/migrate";
import fc from "fast-check";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { type EmbeddedProcess, startEmbedded } from "../../../packages/store/test/embedded-process.ts";
import { createMarker } from "./marker.ts";
import { createRollups } from "./rollups.ts";
import { RollupRunner } from "./runner.ts";
import { createStoreClock } from "./store-clock.ts";

const HOUR_MS = 3_600_000;
/** Three hours that are over, the first two hours of a UTC day among them: a midnight lies within. */
const BEGIN = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 86_400_000 - HOUR_MS;
const LENGTH = 3 * HOUR_MS;
const STALE = Symbol("stale");

type Value = number | typeof STALE;
type Sample = { readonly series: number; readonly ts: number; readonly value: Value; readonly decimals: number };

const data = mkdtempSync(join(tmpdir(), "lockstep-rollups-"));
let embedded: EmbeddedProcess;
let store: Store;

beforeAll(async () => {
  embedded = await startEmbedded(data, "lockstep");
  await migrate(embedded.options);
  store = createStore(embedded.options);
});

afterAll(async () => {
  await store?.close();
  await embedded?.end();
  rmSync(data, { recursive: true, force: true });
});

beforeEach(clear);

async function clear(): Promise<void> {
  for (const table of ["samples", "samples_5m", "samples_1h", "rollup_marks"])
    await store.command(`TRUNCATE TABLE ${table}`);
}

const metricOf = (series: number) => metricId(`metric_${series % 2}`);

function messageOf(samples: readonly Sample[]): LogMessage {
  const block = new SampleBlock();
  for (const { series, ts, value, decimals } of samples) {
    // Ids beyond 63 bits too.
    const key = [metricOf(series), series, series % 2 === 0 ? -1 : 0] as const;
    if (value === STALE) block.pushStale(...key, ts);
    else block.push(...key, ts, value, decimals);
  }
  const rows = block.rows;
  return { table: "samples", version: 1, rows, block: block.encode(), offset: 0, producer: "p", sequence: 0 };
}

let posts = 0;

async function post(samples: readonly Sample[], mark: (messages: readonly LogMessage[]) => Promise<void>) {
  const message = messageOf(samples);
  await store.insertNative("samples", message.block, { token: `post-${posts++}` });
  await untilDone(() => mark([message]));
}

async function untilDone<T>(action: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "unreachable") throw error;
    }
  }
}

const clocks = { now: Date.now, monotonic: () => performance.now() };
const markerOf = (via: Pick<Store, "read" | "insertRows">) => createMarker(via, createStoreClock(via, clocks));

function runnerOf(via: Pick<Store, "read" | "command" | "insertRows">): RollupRunner {
  return new RollupRunner({
    store: via,
    onPending: () => {},
    onDone: () => {},
    onFailure: (_, __, error) => {
      throw error;
    },
    monotonic: () => performance.now(),
    signal: new AbortController().signal,
    turnMs: 60_000,
  });
}

/** Fails before or after every `nth` call: a process that dies there, or an answer that is lost. */
function failing(nth: number): Pick<Store, "read" | "command" | "insertRows"> {
  let calls = 0;
  const around = async <T>(action: () => Promise<T>): Promise<T> => {
    const call = ++calls;
    const lost = new StoreError("unreachable", "the test said so");
    if (call % nth === 0 && call % 2 === 0) throw lost;
    const result = await action();
    if (call % nth === 0) throw lost;
    return result;
  };
  return {
    read: (query, options) => around(() => store.read(query, options)),
    command: (sql, params) => around(() => store.command(sql, params)),
    insertRows: (table, rows) => around(() => store.insertRows(table, rows)),
  };
}

const rolled = z.object({
  series: z.string(),
  at: z.number(),
  count: z.number(),
  values: z.array(z.string().transform((text) => Number(text.replace("inf", "Infinity")))),
});
type Rolled = z.infer<typeof rolled>;

function readRolled({ table }: RollupLevel): Promise<Rolled[]> {
  return store.read({
    name: "rolled",
    sql: `SELECT toString(series) AS series, toFloat64(toUnixTimestamp(window)) AS at, toFloat64(count) AS count,
      [toString(min), toString(max), toString(sum), toString(first), toString(last), toString(increase)] AS values
      FROM ${table} FINAL ORDER BY samples.series, window`.replaceAll("samples.series", `${table}.series`),
    params: {},
    row: rolled,
  });
}

/** The definition: of the readings in a window, in the order of time and then of value. */
function reference(samples: readonly Sample[], { seconds }: RollupLevel): Rolled[] {
  const readings = samples.filter(({ value }) => value !== STALE && !Number.isNaN(value)) as (Sample & {
    value: number;
  })[];
  const groups = Map.groupBy(readings, ({ series, ts }) => `${series} ${Math.floor(ts / 1000 / seconds) * seconds}`);
  return [...groups.values()]
    .map((group) => {
      const sorted = group.toSorted((a, b) => a.ts - b.ts || a.value - b.value);
      const values = sorted.map(({ value }) => value);
      const { series, ts } = sorted[0]!;
      const id = (BigInt(series % 2 === 0 ? 0xffffffff : 0) << 32n) + BigInt(series);
      const sum = values.reduce((total, value) => total + value, 0);
      return {
        series: String(id),
        at: Math.floor(ts / 1000 / seconds) * seconds,
        count: values.length,
        values: [Math.min(...values), Math.max(...values), sum, values[0]!, values.at(-1)!, increaseOf(values)],
      };
    })
    .sort((a, b) => (BigInt(a.series) < BigInt(b.series) ? -1 : BigInt(a.series) > BigInt(b.series) ? 1 : a.at - b.at));
}

function increaseOf(values: readonly number[]): number {
  return values.slice(1).reduce((rise, value, i) => rise + (value < values[i]! ? value : value - values[i]!), 0);
}

/** Sums may differ by the order of adding; minimum, maximum, first and last to the last bit. */
function expectSame(found: readonly Rolled[], expected: readonly Rolled[]): void {
  const key = ({ series, at, count }: Rolled) => `${series} ${at} ${count}`;
  expect(found.map(key)).toEqual(expected.map(key));
  found.forEach(({ values }, i) => {
    const [min, max, sum, first, last, increase] = expected[i]!.values;
    // 0 and -0 are equal: which of them a minimum of both is, or the first of both at one time, nobody promises.
    const signless = (numbers: readonly (number | undefined)[]) => numbers.map((number) => number! + 0);
    expect(signless([values[0], values[1], values[3], values[4]])).toEqual(signless([min, max, first, last]));
    expectClose(values[2]!, sum!, Math.max(Math.abs(min!), Math.abs(max!)));
    expectClose(values[5]!, increase!, Math.max(Math.abs(min!), Math.abs(max!)));
  });
}

function expectClose(found: number, expected: number, scale: number): void {
  if (Number.isFinite(expected)) expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, scale));
  else expect(found).toBe(expected);
}

const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 1000 }) },
  { weight: 4, arbitrary: fc.integer({ min: -1_000_000, max: 1_000_000 }).map((m) => m / 1000) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }) },
  { weight: 1, arbitrary: fc.constantFrom<Value>(STALE, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 2 ** 60, -0) },
);

/** Readings with gaps, resets and times that come twice; each is posted in one of several posts, in any order. */
const history = fc.array(
  fc
    .record({
      series: fc.nat(3),
      second: fc.nat(LENGTH / 1000 - 1),
      ms: fc.constantFrom(0, 1, 999),
      value,
      decimals: fc.constantFrom(0, 3, 6),
      post: fc.nat(5),
    })
    // A value is what its block holds of it.
    .map((sample) => ({ ...sample, ts: BEGIN + Math.floor(sample.second / 15) * 15_000 + sample.ms })),
  { minLength: 1, maxLength: 400 },
);

/** As the block rounds it. */
function stored(sample: Sample): Sample {
  if (sample.value === STALE) return sample;
  const mantissa = Math.round(sample.value * 10 ** sample.decimals);
  const keeps = Number.isSafeInteger(mantissa) && !(mantissa === 0 && Object.is(sample.value, -0));
  return keeps ? { ...sample, value: (mantissa + 0) / 10 ** sample.decimals } : sample;
}

test("equal their definition after failures, late data and two runners at once", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.integer({ min: 2, max: 7 }), async (samples, nth) => {
      await clear();
      const faulty = failing(nth);
      const marks = markerOf(faulty);
      const runners = [runnerOf(faulty), runnerOf(store)];
      const running: Promise<unknown>[] = [];
      for (const batch of Map.groupBy(samples, ({ post: number }) => number).values()) {
        await post(batch, marks);
        // Not awaited: they run while the next post comes in.
        for (const runner of runners) running.push(runner.turn().catch(isAway));
      }
      await Promise.all(running);
      await runners[1]!.turn();
      for (const level of [FIVE_MINUTES, ONE_HOUR]) {
        expectSame(await readRolled(level), reference(samples.map(stored), level));
      }
      const left = "SELECT toFloat64(count()) AS n FROM rollup_marks FINAL WHERE done = 0";
      expect(await store.read({ name: "left", sql: left, params: {}, row: z.object({ n: z.number() }) })).toEqual([
        { n: 0 },
      ]);
    }),
    { numRuns: 8, endOnFailure: true },
  );
});

function isAway(error: unknown): void {
  if (!(error instanceof StoreError) || error.code !== "unreachable") throw error;
}

const at = (seconds: number, value: Value, series = 1): Sample => ({
  series,
  ts: BEGIN + seconds * 1000,
  value,
  decimals: 3,
});

test("a counter's reset counts as Prometheus counts it, within a window and between windows", async () => {
  const samples = [at(0, 100), at(15, 110), at(30, STALE), at(45, 5), at(60, 15), at(900, 3), at(915, 4)];
  await post(samples, markerOf(store));
  await runnerOf(store).turn();
  const rises = async (level: RollupLevel) => (await readRolled(level)).map(({ values }) => values[5]);
  expect(await rises(FIVE_MINUTES)).toEqual([25, 1]);
  expect(await rises(ONE_HOUR)).toEqual([29]);
});

test("decimals stay decimals", async () => {
  await post([at(0, 0.1), at(15, 0.2), at(30, 0.3)], markerOf(store));
  await runnerOf(store).turn();
  expect((await readRolled(FIVE_MINUTES))[0]?.values).toEqual([0.1, 0.3, 0.6, 0.1, 0.3, 0.2]);
});

test("late data after the raw samples expired takes nothing away", async () => {
  const mark = markerOf(store);
  await post([at(0, 1), at(15, 2), at(30, 3)], mark);
  await runnerOf(store).turn();
  await store.command("TRUNCATE TABLE samples");
  await post([at(45, 9)], mark);
  await runnerOf(store).turn();
  expect((await readRolled(FIVE_MINUTES)).map(({ count }) => count)).toEqual([3]);
});

test("what was stored before there were roll-ups is rolled up", async () => {
  const samples = [at(0, 1), at(7000, 2), at(7200, 3)];
  await store.insertNative("samples", messageOf(samples).block, { token: `post-${posts++}` });
  await store.command("DROP TABLE rollup_marks");
  await store.command("ALTER TABLE migrations DELETE WHERE name >= '0003' SETTINGS mutations_sync = 2");
  await migrate(embedded.options);
  await runnerOf(store).turn();
  for (const level of [FIVE_MINUTES, ONE_HOUR]) expectSame(await readRolled(level), reference(samples, level));
});

test("grids are those of the raw samples", async () => {
  const samples: Sample[] = [];
  let counter = 0;
  for (let second = 0; second < LENGTH / 1000; second += 15) {
    counter = second % 4000 === 0 ? 0 : counter + (second % 7);
    // An hour and a half of nothing.
    if (second < 3600 || second >= 9000) samples.push(at(second, counter, 1), at(second, Math.sin(second), 2));
  }
  await post(samples, markerOf(store));
  await runnerOf(store).turn();
  const grid = { fromMs: BEGIN + 600_000, toMs: BEGIN + LENGTH, stepMs: 600_000 };
  const ids = { 1: "1", 2: String((0xffffffffn << 32n) + 2n) };
  const ask = async (kind: "avg" | "last" | "min" | "max" | "rate", series: 1 | 2) =>
    (await store.read(rollupGrid({ kind, series: [{ metric: `metric_${series % 2}`, series: ids[series] }], grid })))[0]
      ?.values;
  const steps = Array.from({ length: LENGTH / 600_000 }, (_, i) => BEGIN + i * 600_000);
  const inStep = (series: number) =>
    steps.map((from) =>
      samples
        .map(stored)
        .filter(({ series: id, ts }) => id === series && ts >= from && ts < from + 600_000)
        .map(({ value }) => value as number),
    );
  const gauge = inStep(2);
  const unless = (values: number[], fold: (values: number[]) => number) => (values.length === 0 ? null : fold(values));
  const sum = (values: number[]) => values.reduce((total, one) => total + one, 0);
  expect(await ask("last", 2)).toEqual(gauge.map((values) => unless(values, () => values.at(-1)!)));
  expect(await ask("min", 2)).toEqual(gauge.map((values) => unless(values, () => Math.min(...values))));
  expect(await ask("max", 2)).toEqual(gauge.map((values) => unless(values, () => Math.max(...values))));
  const averages = await ask("avg", 2);
  gauge.forEach((values, i) => {
    if (values.length === 0) expect(averages?.[i]).toBeNull();
    else expect(averages?.[i]).toBeCloseTo(sum(values) / values.length, 9);
  });
  const counts = inStep(1);
  const rates = await ask("rate", 1);
  counts.forEach((values, i) => {
    const before = counts[i - 1]?.at(-1);
    const expected = increaseOf(before === undefined ? values : [before, ...values]) / 600;
    if (values.length === 0) expect(rates?.[i]).toBeNull();
    else expect(rates?.[i]).toBeCloseTo(expected, 9);
  });
});

test("are computed while this process is the runner, and not after it was stopped", async () => {
  let leads = false;
  const rollups = createRollups({ store, log: pino({ level: "silent" }), meter: noMeter, now: Date.now, pollMs: 10 });
  const running = rollups.run(() => leads);
  await post([at(0, 1)], rollups.mark);
  await pause(200);
  expect(await readRolled(FIVE_MINUTES)).toEqual([]);
  leads = true;
  await expect.poll(() => readRolled(ONE_HOUR), { timeout: 10_000 }).toHaveLength(1);
  await rollups.stop();
  await running;
  await post([at(900, 1)], rollups.mark);
  await pause(200);
  expect(await readRolled(FIVE_MINUTES)).toHaveLength(1);
});

test("a window that is open waits", async () => {
  const now = Math.floor(Date.now() / 1000);
  await post([{ series: 1, ts: now * 1000, value: 1, decimals: 0 }, at(0, 1)], markerOf(store));
  await runnerOf(store).turn();
  expect((await readRolled(FIVE_MINUTES)).map(({ at: window }) => window)).toEqual([BEGIN / 1000]);
});
