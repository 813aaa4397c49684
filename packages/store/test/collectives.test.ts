/** Step rows and findings on the real engine: what is written comes back, and once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRows } from "@lockstep/formats/native";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import { collectiveRows } from "@lockstep/schemas/queries/collective-rows";
import { findings } from "@lockstep/schemas/queries/findings";
import { jobGpus } from "@lockstep/schemas/queries/job-gpus";
import { jobGroupsSize } from "@lockstep/schemas/queries/job-groups-size";
import { jobHangDumps, jobHangSize } from "@lockstep/schemas/queries/job-hang-dumps";
import { jobHangLast } from "@lockstep/schemas/queries/job-hang-last";
import { jobHeat } from "@lockstep/schemas/queries/job-heat";
import { jobSteps } from "@lockstep/schemas/queries/job-steps";
import { jobsNow } from "@lockstep/schemas/queries/jobs-now";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createStore, type Store } from "../src/client.ts";
import { migrate } from "../src/migrate.ts";
import { type EmbeddedProcess, startEmbedded } from "./embedded-process.ts";

const data = mkdtempSync(join(tmpdir(), "lockstep-collectives-"));
const AT = Math.floor(Date.now() / 1000) * 1000;
const RANGE = { fromMs: AT - 60_000, toMs: AT + 60_000 };
let embedded: EmbeddedProcess;
let store: Store;

function stepRow(step: number, rank: number) {
  return {
    job: "pretrain",
    step,
    communicator: "0x7f",
    collective: "AllReduce",
    peer: null,
    process: `node-${rank}/7`,
    run: 0,
    ts: AT + step * 1000,
    kind: "DP",
    odd: step === 2 ? 1 : 0,
    node: `node-${rank}`,
    rank,
    size: 2,
    job_rank: rank === 0 ? null : rank,
    seq: 10 * step,
    count: 2,
    per_slot: 1,
    bytes: 4096,
    exec_us: Uint32Array.of(10, 20 + rank),
    start_us: Int32Array.of(-5, 900),
    began: (AT + step * 1000) * 1000 - 1_000_000,
    ended: (AT + step * 1000) * 1000,
    self_us: null,
    step_us: 1_000_000 + rank,
    timing: "kernel_gpu",
  };
}

beforeAll(async () => {
  embedded = await startEmbedded(data);
  await migrate(embedded.options);
  store = createStore(embedded.options);
  const rows = [1, 2, 3].flatMap((step) => [stepRow(step, 0), stepRow(step, 1)]);
  // A file that is read again gives the same rows.
  for (const token of ["first", "again"]) {
    await store.insertNative("collectives", [encodeRows(BLOCK_TABLES.collectives, rows)], { token });
  }
});

afterAll(async () => {
  await store?.close();
  await embedded?.end();
  rmSync(data, { recursive: true, force: true });
});

test("rows come back as they were, each once", async () => {
  const rows = await store.read(collectiveRows({ job: "pretrain", firstStep: 2, lastStep: 3, sinceMs: AT - 1000 }));
  expect(rows).toHaveLength(4);
  expect(rows.find(({ step, rank }) => step === 3 && rank === 1)).toEqual({
    job: "pretrain",
    step: 3,
    communicator: "0x7f",
    collective: "AllReduce",
    peer: null,
    process: "node-1/7",
    run: 0,
    kind: "DP",
    odd: false,
    node: "node-1",
    rank: 1,
    size: 2,
    jobRank: 1,
    seq: 30,
    count: 2,
    perSlot: 1,
    bytes: 4096,
    execUs: [10, 21],
    startUs: [-5, 900],
    began: (AT + 3000) * 1000 - 1_000_000,
    ended: (AT + 3000) * 1000,
    selfUs: null,
    stepUs: 1_000_001,
    timing: "kernel_gpu",
  });
});

test("jobs and their steps", async () => {
  const [job] = await store.read(jobsNow(RANGE));
  expect(job).toMatchObject({ job: "pretrain", firstStep: 1, lastStep: 3, processes: 2, nodes: 2, largest: 2 });
  expect(job?.lastAt).toBe(AT + 3000);
  const steps = await store.read(jobSteps({ ...RANGE, job: "pretrain", limit: 1000 }));
  expect(steps.map(({ step, odd }) => ({ step, odd }))).toEqual([
    { step: 1, odd: false },
    { step: 2, odd: true },
    { step: 3, odd: false },
  ]);
  expect(await store.read(jobSteps({ ...RANGE, job: "pretrain", limit: 2 }))).toHaveLength(3);
});

test("of a job that began again its newest start is told, and the GPU time of both", async () => {
  const twoMinutes = 130_000;
  const rows = [
    ...[50, 51].map((step) => ({
      ...stepRow(step, 0),
      process: "old/1",
      ts: AT - twoMinutes - 1000,
      self_us: 900_000,
    })),
    ...[0, 1].map((step) => ({ ...stepRow(step, 1), process: "new/1", self_us: 900_000 })),
  ].map((row) => ({ ...row, job: "again", odd: 0 }));
  await store.insertNative("collectives", [encodeRows(BLOCK_TABLES.collectives, rows)], { token: "starts" });
  const range = { fromMs: AT - 600_000, toMs: AT + 60_000 };
  const job = (await store.read(jobsNow(range))).find((each) => each.job === "again");
  expect(job).toMatchObject({ firstStep: 0, lastStep: 1, processes: 1, nodes: 1, firstAt: AT });
  expect(job?.gpuSeconds).toBeCloseTo(4, 3);
});

test("the queries of a job's pages", async () => {
  const of = { job: "again", fromMs: AT - 1000, toMs: AT + 60_000 };
  const heat = await store.read(jobHeat({ ...of, firstStep: 0, every: 1, perColumn: 1, columns: 2 }));
  expect(heat).toMatchObject([{ process: "new/1", node: "node-1", selfUs: [900_000, 900_000] }]);
  expect(heat[0]!.columns.toSorted()).toEqual([0, 1]);
  const [size] = await store.read(jobGroupsSize({ job: "again", firstStep: 0, lastStep: 1, sinceMs: AT - 1000 }));
  expect(size).toMatchObject({ rows: 2, steps: 2, processes: 1, dated: 2 });
  const [last] = await store.read(jobHangLast(of));
  expect(last).toMatchObject({ process: "new/1", step: 1, seq: 11, collective: "AllReduce" });
  expect(await store.read(jobHangSize(of))).toEqual([{ ranks: 0, bytes: 0, newest: null }]);
  expect(await store.read(jobHangDumps(of))).toEqual([]);
  expect(await store.read(jobGpus(of))).toEqual([]);
});

test("an open finding is written again as it goes on, and stands before closed ones", async () => {
  const finding = (id: string, more: object) => ({
    id,
    kind: "slow_rank",
    job: "pretrain",
    rank: 1,
    node: "node-1",
    gpu: "",
    opened: AT,
    closed: null,
    score: 1.3,
    waste_gpu_seconds: 12.5,
    confidence: "high",
    cause: "thermal_throttle",
    summary: "rank 1 is slow",
    detail: "{}",
    updated: AT,
    ...more,
  });
  await store.insertRows("findings", [finding("a", { closed: AT + 5 }), finding("b", {})]);
  await store.insertRows("findings", [finding("b", { waste_gpu_seconds: 20, updated: AT + 10 })]);
  const rows = await store.read(findings({ ...RANGE, job: "pretrain", limit: 10 }));
  expect(rows.map(({ id, closed, wasteGpuSeconds }) => ({ id, closed, wasteGpuSeconds }))).toEqual([
    { id: "b", closed: null, wasteGpuSeconds: 20 },
    { id: "a", closed: AT + 5, wasteGpuSeconds: 12.5 },
  ]);
  expect(await store.read(findings({ fromMs: AT + 20, toMs: AT + 30, limit: 10 }))).toHaveLength(1);
});
