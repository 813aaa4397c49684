import { describe, expect, test } from "vitest";
import { backfill } from "./backfill/backfill.ts";
import { FINE_MS, HISTORY_MS } from "./backfill/plan.ts";
import { listSeries } from "./backfill/series.ts";
import { readCounters } from "./exporter/counters-csv.ts";
import { beginHistory, resumeHistory } from "./history.ts";
import { describeCluster } from "./model/cluster.ts";
import { LiveSimulation } from "./model/live.ts";
import { FIELDS, mantissa, READINGS } from "./model/readings.ts";
import type { DemoState } from "./state.ts";
import { MemoryLog, type Row, readSamples } from "./testdata/sample-blocks.ts";
import { TINY } from "./testdata/tiny-layout.ts";

const cluster = describeCluster(TINY);
const file = readCounters();
/** Only a few fields: what is tested is when samples are written, not of what. */
const counters = { ...file, counters: file.counters.filter(({ field }) => /POWER_USAGE|ENERGY|VIOLATION/.test(field)) };
const series = listSeries(cluster, counters);
const SEED = 3;
const NOW = Date.UTC(2026, 10, 20, 10, 7, 3);

/** Runs what is due in `state` as the app does; gives the state after it. */
async function work(state: DemoState, producer: MemoryLog): Promise<DemoState> {
  const { seed, faults, pending, nextSequence: firstSequence } = state;
  const signal = new AbortController().signal;
  const segments = pending[0]!;
  const done = await backfill({ cluster, counters, seed, faults, segments, producer, firstSequence, signal });
  return { ...state, pending: pending.slice(1), nextSequence: done.nextSequence };
}

const samplesOf = (log: MemoryLog): Row[] => log.of("samples").flatMap(readSamples);

/** Per series its times, ascending; fails where one is written twice. */
function timesBySeries(rows: readonly Row[]): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const { series, ts } of rows) times.set(series, [...(times.get(series) ?? []), ts]);
  return times;
}

describe("a first start", () => {
  const log = new MemoryLog();
  const { state } = beginHistory(cluster, SEED, [], NOW);

  test("writes eight days: 5-minute steps, then 15 s for six hours, every series at every step, once", async () => {
    await work(state, log);
    const rows = samplesOf(log);
    const expected = (NOW - FINE_MS) / 300_000 - (NOW - HISTORY_MS) / 300_000 + FINE_MS / 15_000;
    const seen = new Map<string, Set<number>>();
    for (const { series, ts } of rows) {
      const times = seen.get(series) ?? new Set();
      expect(times.has(ts)).toBe(false);
      seen.set(series, times.add(ts));
    }
    expect(seen.size).toBe(series.length);
    const times = [...seen.values()].map((set) => [...set].sort((a, b) => a - b));
    for (const own of times) expect(own).toEqual(times[0]);
    expect(Math.abs(times[0]!.length - expected)).toBeLessThan(25);
    expect(times[0]!.at(-1)).toBeLessThanOrEqual(NOW);
    expect(NOW - times[0]!.at(-1)!).toBeLessThan(15_000);
    const steps = new Set(times[0]!.slice(1).map((ts, i) => ts - times[0]![i]!));
    expect(steps).toEqual(new Set([300_000, 15_000]));
  });

  test("labels go first, then the last six hours, then what is older", () => {
    expect(log.blocks[0]?.table).toBe("series");
    expect(log.blocks[0]?.rows).toBe(series.length);
    const firstTimes = log.of("samples").map((block) => readSamples(block)[0]!.ts);
    expect(NOW - firstTimes[0]!).toBeLessThanOrEqual(FINE_MS + 300_000);
    expect(NOW - firstTimes.at(-1)!).toBeGreaterThan(FINE_MS);
    expect(log.sequences).toEqual(log.sequences.map((_, i) => i));
  });

  test("a block is bounded, of one UTC day, and in the order of the table", () => {
    for (const block of log.of("samples")) {
      expect(block.rows).toBeLessThanOrEqual(200_000);
      const rows = readSamples(block);
      expect(new Set(rows.map(({ ts }) => Math.floor(ts / 86_400_000))).size).toBe(1);
      const sorted = rows.every((row, i) => {
        const last = rows[i - 1];
        if (last === undefined || last.metric !== row.metric) return last === undefined || last.metric < row.metric;
        const order = BigInt(row.series) - BigInt(last.series);
        return order === 0n ? row.ts > last.ts : order > 0n;
      });
      expect(sorted).toBe(true);
    }
  });
});

describe("a back-fill cut short", () => {
  test.each([0, 1, 5, 9])("after %i appends, and run again, is as one that was not", async (dieAfter) => {
    const { state } = beginHistory(cluster, SEED, [], NOW);
    const whole = new MemoryLog();
    await work(state, whole);
    const log = new MemoryLog();
    log.dieAfter = dieAfter;
    await expect(work(state, log)).rejects.toThrow(/closed/);
    log.dieAfter = Number.POSITIVE_INFINITY;
    // The plan comes back from the state file.
    await work(JSON.parse(JSON.stringify(state)), log);
    expect(log.sequences).toEqual(whole.sequences);
    log.blocks.forEach((block, i) => {
      expect(Buffer.compare(block.block, whole.blocks[i]!.block)).toBe(0);
    });
  });

  test("a full log is waited for", async () => {
    const { state } = beginHistory(cluster, SEED, [], NOW);
    const log = new MemoryLog();
    log.refusals = 1;
    await work(state, log);
    expect(log.blocks.length).toBeGreaterThan(3);
  });

  test("an abort ends it", async () => {
    const { state } = beginHistory(cluster, SEED, [], NOW);
    const [segments] = state.pending;
    const stop = new AbortController();
    const log = new MemoryLog();
    const onProgress = () => stop.abort(new Error("enough"));
    const options = { cluster, counters, seed: SEED, faults: [], producer: log, firstSequence: 0, onProgress };
    await expect(backfill({ ...options, segments: segments!, signal: stop.signal })).rejects.toThrow("enough");
    expect(log.of("samples")).toHaveLength(1);
  });
});

describe("a later start", () => {
  const table = [
    { name: "20 minutes", gapMs: 20 * 60_000, steps: [15_000] },
    { name: "30 hours", gapMs: 30 * 3_600_000, steps: [300_000, 15_000] },
  ];
  test.each(table)("after $name fills the gap only, and counters go on", async ({ gapMs, steps }) => {
    const first = beginHistory(cluster, SEED, [], NOW);
    const log = new MemoryLog();
    const worked = await work(first.state, log);
    let state = worked;
    const live = new LiveSimulation(first.simulation, (snapshot) => {
      state = { ...state, snapshot };
    });
    const diedMs = NOW + 95_000;
    const served = live.at(diedMs);
    const highest = Object.fromEntries(FIELDS.map((field) => [field, Array.from(served[field])]));

    const later = resumeHistory(cluster, state, diedMs + gapMs);
    const before = log.blocks.length;
    await work(later.state, log);
    const times = timesBySeries(
      log.blocks
        .slice(before)
        .filter(({ table }) => table === "samples")
        .flatMap(readSamples),
    );
    expect(times.size).toBe(series.length);
    for (const own of times.values()) {
      own.sort((a, b) => a - b);
      expect(own[0]).toBeGreaterThan(diedMs);
      expect(own[0]).toBeLessThanOrEqual(diedMs + 300_000 + 30_000);
      expect(own.at(-1)).toBeLessThanOrEqual(diedMs + gapMs);
      expect(own.slice(1).every((ts, i) => steps.includes(ts - own[i]!))).toBe(true);
    }
    for (const { field } of counters.counters.filter(({ type }) => type === "counter")) {
      later.simulation.columns[field].forEach((value, gpu) => {
        expect(mantissa(READINGS[field], value)).toBeGreaterThanOrEqual(
          mantissa(READINGS[field], highest[field]![gpu]!),
        );
      });
    }
    expect(log.sequences).toEqual(log.sequences.map((_, i) => i));
  });

  test("a moment later goes on without a back-fill, with the values an unbroken run would have", async () => {
    const first = beginHistory(cluster, SEED, [], NOW);
    const state = { ...first.state, pending: [] };
    const again = resumeHistory(cluster, JSON.parse(JSON.stringify(state)), NOW + 40_000);
    expect(again.state.pending).toEqual([]);
    const unbroken = new LiveSimulation(first.simulation, () => {}).at(NOW + 47_000);
    const resumed = new LiveSimulation(again.simulation, () => {}).at(NOW + 47_000);
    for (const field of FIELDS) expect(resumed[field], field).toEqual(unbroken[field]);
  });

  test("keeps a back-fill that was not finished, before the gap's", () => {
    const first = beginHistory(cluster, SEED, [], NOW);
    const later = resumeHistory(cluster, first.state, NOW + 600_000);
    expect(later.state.pending).toHaveLength(2);
    expect(later.state.pending[0]).toEqual(first.state.pending[0]);
  });
});
