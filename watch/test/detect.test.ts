/** A training job with a slow rank, judged on the real engine: opened once, with who and why, and closed when it is over. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { textOfDump } from "@lockstep/formats/flight-recorder/dump-text";
import { soleLeader } from "@lockstep/log/sole-leader";
import { noMeter } from "@lockstep/process/metrics";
import type { Finding } from "@lockstep/schemas/domain/finding";
import { findings } from "@lockstep/schemas/queries/findings";
import { gpuAttributionOpen } from "@lockstep/schemas/queries/gpu-attribution-open";
import { gpuWindowXids } from "@lockstep/schemas/queries/gpu-windows-xids";
import { createStore, type Store } from "@lockstep/store/client";
import { migrate } from "@lockstep/store/migrate";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type EmbeddedProcess, startEmbedded } from "../../packages/store/test/embedded-process.ts";
import { createDetectors, type Detectors } from "../src/detect/detectors.ts";
import { gpuBaseline } from "../src/detect/gpus/gpu-baseline.ts";
import { gpuTelemetry } from "../src/detect/gpus/gpu-telemetry.ts";
import { createThreadJudge } from "../src/detect/straggler/thread-judge.ts";
import { createWindowJudge, type WindowJudge } from "../src/detect/straggler/window-judge.ts";
import { heartbeat } from "../src/heartbeat.ts";
import { noModels } from "./no-models.ts";
import { postRows, postSamples, postSeries, type Sample, simulatedRows, uuidOf } from "./simulated-cluster.ts";
import { simulatedDumps } from "./simulated-dumps.ts";

const data = mkdtempSync(join(tmpdir(), "lockstep-detect-"));
const BEGINS = Math.floor(Date.now() / 1000) * 1000 - 1_800_000;
const SLOW = 5;
const GPUS = 8;
/** Steps of about 1.2 s; rank 5 works 1.3 times as long in these. */
const SLOW_FROM = 45;
const SLOW_TO = 115;
const rows = simulatedRows({
  name: "train-a",
  beginsMs: BEGINS,
  steps: 165,
  tp: 2,
  pp: 1,
  dp: 4,
  workUs: (rank, step) => 50_000 * (1 + 0.01 * noise(rank, step)) * (isSlow(rank, step) ? 1.3 : 1),
});
const END = rows.at(-1)!.endedMs;
let embedded: EmbeddedProcess;
let store: Store;
const never = new AbortController().signal;

function isSlow(rank: number, step: number): boolean {
  return rank === SLOW && step >= SLOW_FROM && step < SLOW_TO;
}

/** -1 to 1, always the same. */
function noise(rank: number, step: number): number {
  return (Math.sin(rank * 12.9898 + step * 78.233) * 43_758.5453) % 1;
}

beforeAll(async () => {
  embedded = await startEmbedded(data);
  await migrate(embedded.options);
  store = createStore(embedded.options);
});

afterAll(async () => {
  await store?.close();
  await embedded?.end();
  rmSync(data, { recursive: true, force: true });
});

async function detectors(judge: WindowJudge): Promise<Detectors> {
  const log = { info() {}, warn: (...said: unknown[]) => console.log(...said) };
  return createDetectors({
    store,
    judge,
    drift: noModels,
    configFile: undefined,
    leadership: soleLeader(),
    log: log as never,
    meter: noMeter,
  });
}

function endOf(step: number): number {
  return Math.max(...rows.filter(({ row }) => row.step === step).map(({ endedMs }) => endedMs));
}

/** What exporters say each 15 s: the slow rank's GPU is hot while it is slow. */
function telemetry(fromMs: number, toMs: number): Sample[] {
  const samples: Sample[] = [];
  const firstSlow = endOf(SLOW_FROM);
  const lastSlow = endOf(SLOW_TO);
  for (let ts = Math.ceil(fromMs / 15_000) * 15_000; ts < toMs; ts += 15_000) {
    for (let gpu = 0; gpu < GPUS; gpu++) {
      const hot = gpu === SLOW && ts >= firstSlow && ts < lastSlow;
      const say = (metric: string, value: number) => samples.push({ metric, gpu, ts, value });
      say("DCGM_FI_DEV_SM_CLOCK", hot ? 1300 : 1700 + gpu);
      say("DCGM_FI_DEV_GPU_TEMP", hot ? 92 : 60 + gpu);
      say("DCGM_FI_DEV_CLOCKS_EVENT_REASONS", hot ? 0x40 : 0);
      say("DCGM_FI_DEV_XID_ERRORS", gpu === 2 && ts >= lastSlow ? 43 : 0);
    }
  }
  return samples;
}

async function run(all: Detectors, now: number): Promise<void> {
  for (const task of all.tasks) await task.run(now, never);
  const identity = { host: "node-x", pid: 1, run: "r", startedMs: 1 };
  await heartbeat(store, identity, () => ({ leads: true, ...all.detail() })).run(now, never);
}

/** Ticks every five seconds of the job's time; the rows and samples of each are posted as they would come in. */
async function watchTheJob(all: Detectors, restart: (now: number, all: Detectors) => Promise<Detectors>) {
  let posted = 0;
  let until = BEGINS;
  let current = all;
  const openAtOnce: number[] = [];
  for (let now = BEGINS + 5_000; now <= END + 10_000; now += 5_000) {
    const upTo = rows.findIndex(({ endedMs }) => endedMs >= now - 1_000);
    const next = upTo === -1 ? rows.length : upTo;
    await postRows(store, rows.slice(posted, next));
    posted = next;
    await postSamples(store, telemetry(until, now));
    until = now;
    current = await restart(now, current);
    await run(current, now);
    const seen = await store.read(findings({ fromMs: BEGINS, toMs: END, limit: 100 }));
    openAtOnce.push(seen.filter(({ closed }) => closed === null).length);
  }
  return { all: current, openAtOnce };
}

test("a slow rank is found once, through a restart, with its GPU and why, and closed when it is over", async () => {
  const restartAt = endOf(SLOW_FROM + 35);
  let before: { id: string; judgedStep: number } | undefined;
  const { all, openAtOnce } = await watchTheJob(await detectors(createWindowJudge(store)), async (now, running) => {
    if (before !== undefined || now < restartAt) return running;
    const [open] = await store.read(findings({ fromMs: BEGINS, toMs: now, limit: 100 }));
    before = { id: open!.id, judgedStep: running.detail().jobs![0]!.judgedStep! };
    await running.stop();
    // The second one judges in a thread of its own, as main.ts has it.
    const fresh = await detectors(createThreadJudge(embedded.options));
    await run(fresh, now);
    // It goes on where the first one stopped.
    expect(fresh.detail().jobs![0]!.judgedStep).toBeGreaterThan(before.judgedStep);
    return fresh;
  });
  onTestFinished(() => all.stop());
  expect(Math.max(...openAtOnce)).toBe(1);
  const found = await store.read(findings({ fromMs: BEGINS, toMs: END, limit: 100 }));
  expect(found).toHaveLength(1);
  const finding = found[0]!;
  expect(finding).toMatchObject({
    id: before!.id,
    kind: "slow_rank",
    rank: SLOW,
    node: "node-1",
    gpu: uuidOf(SLOW),
    confidence: "high",
    cause: "thermal_throttle",
  });
  expect(finding.opened).toBeGreaterThan(endOf(SLOW_FROM - 20));
  expect(finding.opened).toBeLessThan(endOf(SLOW_FROM + 25));
  expect(finding.closed).toBeGreaterThan(endOf(SLOW_TO - 20));
  expect(finding.closed).toBeLessThan(endOf(SLOW_TO + 25));
  // 70 slow steps, in each of which seven others wait 0.3 of 1.2 s; the first of them may be counted late.
  expect(finding.wasteGpuSeconds).toBeGreaterThan(0.75 * 70 * 7 * 0.36);
  expect(finding.wasteGpuSeconds).toBeLessThan(1.05 * 70 * 7 * 0.36);
  const detail = JSON.parse(finding.detail) as Finding;
  expect(detail.evidence.map(({ what }) => what)).toContain("SM clock");
  expect(all.detail().jobs).toMatchObject([{ job: "train-a", windowSteps: 20, notEnoughData: [], progress: "steps" }]);
}, 120_000);

test("who used which GPU is one interval, and an Xid one event, through the restart", async () => {
  const used = await store.read(gpuAttributionOpen({ fromMs: BEGINS, limit: 100 }));
  expect(used.map(({ gpu, pod }) => `${gpu} ${pod}`).sort()).toEqual(
    Array.from({ length: GPUS }, (_, gpu) => `${uuidOf(gpu)} pod-${gpu}`),
  );
  for (const { since, until } of used) {
    expect(since).toBeLessThan(BEGINS + 30_000);
    expect(until).toBeGreaterThan(END - 150_000);
  }
  const events = await store.read(gpuWindowXids({ gpus: [uuidOf(2)], fromMs: BEGINS, toMs: END, limit: 10 }));
  expect(events.map(({ gpu, code }) => [gpu, code])).toEqual([[uuidOf(2), 43]]);
});

test("a job that hangs: who never entered, by the dumps of its ranks", async () => {
  const all = await detectors(createWindowJudge(store));
  const at = Math.floor((END + 60_000) / 1000) * 1000;
  const dumps = simulatedDumps(GPUS, [0, 1, 2, 4, 5, 6, 7], at);
  await store.insertRows(
    "flight_dumps",
    dumps.map((dump) => ({ job: "train-a", rank: dump.rank, node: "", at, dump: textOfDump(dump), seen: at })),
  );
  await run(all, at + 15_000);
  const found = await store.read(findings({ fromMs: at - 1, toMs: at + 60_000, limit: 10 }));
  expect(found).toMatchObject([{ kind: "hang", rank: 3, closed: null, opened: at, cause: "never_entered" }]);
  expect(all.detail().jobs).toMatchObject([{ job: "train-a", progress: "hang" }]);
});

test("what nodes and GPUs said: ports added up, resets and blanks seen, and what is usual", async () => {
  const at = BEGINS;
  const node = { instance: "node-7.cluster:9100", job: "node" };
  const gpu = { UUID: uuidOf(70), gpu: "0", Hostname: "node-7" };
  const counter = (metric: string, labels: Record<string, string>, values: readonly number[]) =>
    postSeries(store, { metric, labels: { __name__: metric, ...labels } }, at, values);
  await counter("node_infiniband_symbol_error_total", { ...node, device: "mlx5_0" }, [100, 110, 5, 15]);
  await counter("node_infiniband_symbol_error_total", { ...node, device: "mlx5_1" }, [0, 0, 1, 1]);
  await counter("node_network_receive_errs_total", { ...node, device: "lo" }, [0, 9, 99, 999]);
  await counter("DCGM_FI_DEV_SM_CLOCK", gpu, [1000, 2_147_483_632, 1200, 1100]);
  const pcie = await counter("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", gpu, [0, 1, 1, 3]);
  await store.insertRows(
    "samples_5m",
    Array.from({ length: 20 }, (_, i) => ({
      ...pcie,
      window: Math.floor(at / 300_000) * 300 - (i + 1) * 300,
      count: 20,
      e: 0,
      increase_m: i === 3 ? 10 : 0,
    })),
  );
  const wanted = { rank: 0, gpu: uuidOf(70), node: "node-7" };
  const [window] = await gpuTelemetry(store, [wanted], { fromMs: at, toMs: at + 45_000 }, never);
  // 100, 110, 5, 15 grew by 10 + 5 + 10.
  expect(window).toMatchObject({ nic: { symbol: 26, receive: undefined }, smClockMhz: 1100, xids: [] });
  expect(window!.pcieReplaysPerMinute).toBeCloseTo(4);
  expect(await gpuBaseline(store, [wanted], at, never)).toEqual({
    pcieReplaysPerMinute: 2,
    nvlinkErrorsPerMinute: undefined,
    nicErrorsPerMinute: undefined,
    smClockMhz: undefined,
  });
});
