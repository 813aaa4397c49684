import { describe, expect, it } from "vitest";
import { type Job, runJob } from "../../test/run-job.ts";
import type { JobWindow } from "./job-window.ts";
import { rolesOf } from "./roles.ts";
import { defaultThresholds } from "./thresholds.ts";
import { transferOf } from "./transfer.ts";
import { WhatIf } from "./what-if.ts";

const steps = 10;
const replicas = 4;
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Replicas of two ranks that meet twice in a step, and all of a place at its end. `slower`: by step and rank. */
function job(slower: (step: number, rank: number) => number, slowGroup = -1, times = 1): Job {
  const inner = range(replicas).flatMap((replica) => {
    const members = [2 * replica, 2 * replica + 1];
    return [
      { members, transferUs: 100 },
      { members, transferUs: 100 },
    ];
  });
  const outer = [0, 1].map((place) => ({
    members: range(replicas).map((replica) => 2 * replica + place),
    transferUs: 3000,
    kind: "DP" as const,
  }));
  const operations = [...inner, ...outer].map((operation, index) => ({
    ...operation,
    transferUs: operation.transferUs * (index === slowGroup ? times : 1),
  }));
  const noise = (step: number, index: number, rank: number) => ((step * 7 + index * 3 + rank * 5) % 11) * 20;
  const workUs = (step: number, index: number, rank: number) =>
    index < inner.length ? (10_000 + noise(step, index, rank)) * slower(step, rank) : 0;
  return { ranks: 2 * replicas, steps, operations, workUs };
}

function whatIf(window: JobWindow): WhatIf {
  const stepUs = window.stepTime.subarray(0, window.steps);
  return new WhatIf(window, rolesOf(window), transferOf(window, defaultThresholds), stepUs);
}

/** GPU-seconds that the others wait longer. */
function wasteOf(with_: ReturnType<typeof runJob>, without: ReturnType<typeof runJob>, guilty: number): number {
  let us = 0;
  for (const { rank } of with_.window.ranks) {
    if (rank !== guilty) us += with_.totalUs - without.totalUs;
  }
  return us / 1e6;
}

const healthy = runJob(job(() => 1));

describe("what a cause costs", () => {
  it("is told of a slow rank as the job without it would have been", () => {
    const slow = runJob(job((_, rank) => (rank === 3 ? 1.5 : 1)));
    const cost = whatIf(slow.window).ofRanks(new Map([[3, new Float64Array(steps).fill(1.5)]]))!;
    expect(cost.slowdown).toBeCloseTo(slow.totalUs / healthy.totalUs, 2);
    expect(cost.wasteGpuSeconds / wasteOf(slow, healthy, 3)).toBeCloseTo(1, 1);
  });

  it("is less than the excess of a rank that others wait for no longer than for another one", () => {
    const slow = runJob(job((_, rank) => (rank === 3 ? 1.5 : rank === 4 ? 1.45 : 1)));
    const cost = whatIf(slow.window).ofRanks(new Map([[3, new Float64Array(steps).fill(1.5)]]))!;
    expect(cost.slowdown).toBeLessThan(1.06);
  });

  it("is told of a slow link, in the steps in which it was slow", () => {
    const slow = runJob(job(() => 1, 2 * replicas, 2));
    const row = transferOf(slow.window, { ...defaultThresholds, minPeers: 1 });
    const window = slow.window;
    const cost = new WhatIf(window, rolesOf(window), row, window.stepTime.subarray(0, steps));
    const rows = [...row.column.keys()].filter((at) => row.column[at] === 2 * replicas);
    expect(cost.ofLink(rows, { first: 0, last: steps - 1 })!.slowdown).toBeCloseTo(slow.totalUs / healthy.totalUs, 1);
    expect(cost.ofLink(rows, { first: 9, last: 9 })!.slowdown).toBeLessThan(1.05);
  });

  it("is told of uneven batches", () => {
    const uneven = runJob(job((step, rank) => (step % replicas === rank >> 1 ? 1.6 : 1)));
    const cost = whatIf(uneven.window).ofUnevenWork()!;
    expect(cost.slowdown).toBeCloseTo(uneven.totalUs / healthy.totalUs, 1);
  });

  it("is not told where the window does not come out as it was recorded", () => {
    const { window } = runJob(job(() => 1));
    const stepUs = window.stepTime.subarray(0, steps).map((us) => 2 * us);
    const doubtful = new WhatIf(window, rolesOf(window), transferOf(window, defaultThresholds), stepUs);
    expect(doubtful.ofUnevenWork()).toBeUndefined();
  });
});
