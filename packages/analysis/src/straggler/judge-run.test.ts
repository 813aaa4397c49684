import { expect, test } from "vitest";
import type { JobWindow } from "./job-window.ts";
import { judgeRun } from "./judge-run.ts";

const RANKS = 8;
const STEPS = 20;
const COMPUTE_US = 100_000;
const TRANSFER_US = 3_000;

/** All ranks meet in one all-reduce a step; in `slowSteps` rank 5 computes 1.4 times as long. */
function windowFrom(firstStep: number, slowSteps: readonly [number, number]): JobWindow {
  const exec = new Float32Array(STEPS * RANKS);
  const self = new Float64Array(RANKS * STEPS);
  const stepTime = new Float64Array(RANKS * STEPS);
  for (let step = 0; step < STEPS; step++) {
    const at = firstStep + step;
    const compute = Array.from({ length: RANKS }, (_, rank) => {
      const slow = rank === 5 && at >= slowSteps[0] && at <= slowSteps[1] ? 1.4 : 1;
      return COMPUTE_US * slow * (1 + 0.01 * Math.sin(at * 5 + rank * 11));
    });
    const last = Math.max(...compute);
    for (let rank = 0; rank < RANKS; rank++) {
      exec[step * RANKS + rank] = last + TRANSFER_US - compute[rank]!;
      self[rank * STEPS + step] = compute[rank]!;
      stepTime[rank * STEPS + step] = last + TRANSFER_US;
    }
  }
  return {
    job: "j",
    firstStep,
    steps: STEPS,
    ranks: Array.from({ length: RANKS }, (_, rank) => ({ rank, process: `p${rank}`, node: undefined, gpu: undefined })),
    communicators: [{ id: "c", kind: "DP", members: Int32Array.from({ length: RANKS }, (_, rank) => rank) }],
    operations: [{ communicator: 0, collective: "AllReduce", bytes: 1 << 26, slots: 1, perSlot: 1, exec }],
    stepTime,
    self,
    endedAt: new Float64Array(STEPS).fill(Number.NaN),
    kernelTiming: true,
  };
}

function runOf(slowSteps: readonly [number, number], windows: number): JobWindow[] {
  return Array.from({ length: windows }, (_, i) => windowFrom(i * 5, slowSteps));
}

test("a rank that was slow for a while is told once, with the time of it and what all waited", () => {
  const { findings } = judgeRun(runOf([30, 69], 20));
  expect(findings.map(({ kind, rank }) => `${kind} ${rank}`)).toEqual(["slow_rank 5"]);
  const [finding] = findings;
  expect(finding!.first_step).toBeGreaterThanOrEqual(15);
  expect(finding!.first_step).toBeLessThanOrEqual(30);
  expect(finding!.last_step).toBeGreaterThanOrEqual(65);
  expect(finding!.last_step).toBeLessThanOrEqual(89);
  // 7 ranks wait 0.04 s in 40 steps; the windows that are summed cut it by a few steps.
  expect(finding!.waste_gpu_seconds).toBeGreaterThan(0.7 * 40 * 7 * 0.04);
  expect(finding!.waste_gpu_seconds).toBeLessThan(1.05 * 40 * 7 * 0.04);
});

test("twice slow is told twice", () => {
  const windows = Array.from({ length: 40 }, (_, i) => windowFrom(i * 5, i < 20 ? [30, 59] : [140, 179]));
  expect(judgeRun(windows).findings.map(({ rank }) => rank)).toEqual([5, 5]);
});

test("a single window is judged alone", () => {
  expect(judgeRun([windowFrom(0, [0, 99])]).findings.map(({ rank }) => rank)).toEqual([5]);
});

test("a healthy run has no finding, and one that cannot be judged says why", () => {
  expect(judgeRun(runOf([1000, 1000], 10))).toEqual({ job: "j", findings: [] });
  const blind = runOf([0, 99], 3).map((window) => ({
    ...window,
    self: window.self.map(() => Number.NaN),
    operations: [],
  }));
  expect(judgeRun(blind)).toMatchObject({ findings: [], not_enough_data: expect.any(String) });
});
