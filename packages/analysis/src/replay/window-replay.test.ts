import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Job, runJob } from "../../test/run-job.ts";
import type { JobWindow } from "../straggler/job-window.ts";
import { type ProgramOptions, windowProgram } from "./window-program.ts";
import { coupled, replayWindow } from "./window-replay.ts";

function totalOf(window: JobWindow, factor: (rank: number) => number = () => 1, options: Partial<ProgramOptions> = {}) {
  const normalUs = new Float64Array(window.operations.length).fill(Number.NaN);
  const program = windowProgram(window, { normalUs, ...options })!;
  const gapUs = program.gapUs.slice();
  for (let rank = 0; rank < window.ranks.length; rank++) {
    for (let event = program.first[rank]!; event < program.first[rank + 1]!; event++) gapUs[event]! *= factor(rank);
  }
  return replayWindow(program, gapUs)!.totalUs;
}

const jobs = fc
  .record({
    ranks: fc.integer({ min: 2, max: 6 }),
    steps: fc.integer({ min: 1, max: 4 }),
    groups: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 500 })), { minLength: 1, maxLength: 12 }),
    seed: fc.nat(),
  })
  .map(({ ranks, steps, groups, seed }): Job => {
    const operations = groups.map(([mask, transferUs]) => {
      const members = Array.from({ length: ranks }, (_, rank) => rank).filter((rank) => (mask >> rank) & 1);
      return { members: members.length < 2 ? [0, 1] : members, transferUs };
    });
    const workUs = (step: number, operation: number, rank: number) =>
      Math.imul(seed + 31 * step + 17 * operation + rank, 2654435761) >>> 18;
    return { ranks, steps, operations, workUs };
  });

describe("a window that is run again", () => {
  it("takes as long as it was recorded", () => {
    fc.assert(
      fc.property(jobs, (job) => {
        const { window, totalUs } = runJob(job);
        expect(totalOf(window) / totalUs).toBeCloseTo(1, 4);
      }),
    );
  });

  it("takes as long as the job would have with a rank that works faster", () => {
    fc.assert(
      fc.property(jobs, fc.nat({ max: 1 }), fc.constantFrom(0.5, 0.9), (job, fast, factor) => {
        const { window } = runJob(job);
        const truth = runJob({
          ...job,
          workUs: (step, index, rank) => job.workUs(step, index, rank) * (rank === fast ? factor : 1),
        });
        expect(totalOf(window, (rank) => (rank === fast ? factor : 1)) / truth.totalUs).toBeCloseTo(1, 4);
      }),
    );
  });

  /** Two replicas of two ranks that meet at the end of the step. */
  const replicas: Job = {
    ranks: 4,
    steps: 3,
    operations: [
      { members: [0, 1], transferUs: 50 },
      { members: [2, 3], transferUs: 50 },
      { members: [0, 2], transferUs: 200 },
      { members: [1, 3], transferUs: 200 },
    ],
    workUs: (step, operation, rank) => (operation < 2 ? (rank === 1 ? 2000 : 1000 + 100 * rank) + 10 * step : 0),
  };

  it("needs one replica only for a cause in it: the other comes when it came", () => {
    const { window, totalUs } = runJob(replicas);
    const included = Uint8Array.from([1, 1, 0, 0]);
    expect(totalOf(window, undefined, { included }) / totalUs).toBeCloseTo(1, 4);
    const cured = runJob({
      ...replicas,
      workUs: (step, op, rank) => replicas.workUs(step, op, rank) / (rank === 1 ? 4 : 1),
    });
    const factor = (rank: number) => (rank === 1 ? 1 / 4 : 1);
    expect(totalOf(window, factor, { included }) / cured.totalUs).toBeCloseTo(1, 4);
  });

  it("gives the same where those left out begin their steps together", () => {
    const { window, totalUs } = runJob(replicas);
    const normalUs = new Float64Array(4).fill(Number.NaN);
    const program = windowProgram(window, { normalUs, included: Uint8Array.from([1, 1, 0, 0]) })!;
    const together = coupled(program, replayWindow(program)!);
    expect(replayWindow(together)!.totalUs / totalUs).toBeCloseTo(1, 4);
  });

  it("takes a step with lost records from another one of the rank", () => {
    const { window, totalUs } = runJob(replicas);
    window.operations[0]!.exec[2] = Number.NaN;
    window.operations[0]!.start![2] = Number.NaN;
    expect(totalOf(window) / totalUs).toBeCloseTo(1, 2);
  });

  it("is nothing where operations are not dated, or sums", () => {
    const { window } = runJob(replicas);
    const normalUs = new Float64Array(4).fill(Number.NaN);
    const undated = window.operations.map(({ start, ...column }) => column);
    expect(windowProgram({ ...window, operations: undated }, { normalUs })).toBeUndefined();
    const sums = window.operations.map((column) => ({ ...column, perSlot: 2 }));
    expect(windowProgram({ ...window, operations: sums }, { normalUs })).toBeUndefined();
  });

  it("is nothing where ranks would wait for each other for ever", () => {
    const pair = { members: [0, 1], transferUs: 10 };
    const { window } = runJob({ ranks: 2, steps: 1, operations: [pair, pair], workUs: () => 100 });
    // One of them enters the second operation before the first.
    window.operations[1]!.start![0] = 0;
    const program = windowProgram(window, { normalUs: new Float64Array(2).fill(Number.NaN) })!;
    expect(replayWindow(program)).toBeUndefined();
  });
});
