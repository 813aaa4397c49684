import type { StepRow } from "@lockstep/analysis/fold/step-row";
import { foldJob } from "@lockstep/analysis/fold/testdata/folded-job";
import { type TrainingJob, trainingJob } from "@lockstep/analysis/fold/testdata/training-job";
import { expect, test } from "vitest";
import { GpuInventory } from "../places/gpu-inventory.ts";
import { JobPast } from "./job-past.ts";
import { judgeWindow, UnjoinedStepsError } from "./judge-window.ts";

const STEPS = 40;
const SLOW = 5;
/** Of another stage than rank 0; pids count from 1000 on. */
const LATER_STAGE = 1004;

/** Two stages of four replicas; the later stage counts its steps `ahead` of the others. */
function rowsOf(ahead: number, job: Partial<TrainingJob>): StepRow[] {
  const workUs = (rank: number, step: number) => 1000 + ((rank * 31 + step * 17) % 7) + (rank === SLOW ? 300 : 0);
  const { rows } = foldJob(trainingJob({ tp: 1, pp: 2, dp: 4, steps: STEPS, workUs, ...job }));
  return rows.map((row) =>
    Number(row.process.split("/")[1]) >= LATER_STAGE ? { ...row, step: row.step + ahead } : row,
  );
}

function judged(rows: readonly StepRow[], ahead: number) {
  const first = 15;
  const own = Array.from({ length: 20 }, (_, i) => first + i);
  const plan = { firstStep: first, steps: 20, read: [...own, ...own.map((step) => step + ahead)] };
  const held = new Set(plan.read);
  return judgeWindow(
    "a",
    rows.filter(({ step }) => held.has(step)),
    { ...plan, sinceMs: 0, fromMs: 0, toMs: 1 },
    { topology: undefined, inventory: new GpuInventory(), history: new JobPast() },
  );
}

test("processes that count otherwise are joined by what they did together", () => {
  for (const ahead of [0, 500]) {
    const { judgement } = judged(rowsOf(ahead, { gradNorm: true }), ahead);
    expect(judgement.verdict.findings.map(({ kind, rank }) => [kind, rank])).toEqual([["slow_rank", SLOW]]);
  }
});

test("where nothing joins them nobody is blamed", () => {
  expect(() => judged(rowsOf(500, {}), 500)).toThrow(UnjoinedStepsError);
  expect(() => judged(rowsOf(500, {}), 500)).toThrow(/^4 of 8 ranks number their steps otherwise/);
});

test("a topology file's places stand", () => {
  const topology = [{ rank: SLOW, node: "node-9", gpu: "GPU-told" }];
  const rows = rowsOf(0, { gradNorm: true });
  const plan = { firstStep: 15, steps: 20, read: Array.from({ length: 20 }, (_, i) => 15 + i) };
  const { judgement } = judgeWindow(
    "a",
    rows.filter(({ step }) => step >= 15 && step < 35),
    { ...plan, sinceMs: 0, fromMs: 0, toMs: 1 },
    { topology, inventory: new GpuInventory(), history: new JobPast() },
  );
  expect(judgement.verdict.findings).toMatchObject([{ rank: SLOW, node: "node-9", gpu: "GPU-told" }]);
});
