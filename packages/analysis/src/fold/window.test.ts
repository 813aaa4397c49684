import { existsSync, readFileSync } from "node:fs";
import type { Operation } from "@lockstep/schemas/domain/operation";
import { describe, expect, test } from "vitest";
import { median } from "../stats/median.ts";
import { foldJob } from "./testdata/folded-job.ts";
import { dumped, type TrainingJob, trainingJob } from "./testdata/training-job.ts";
import { buildWindow, maxWindowNumbers, WindowTooLargeError } from "./window.ts";
import { foldOperations, windowFromOperations } from "./window-from-operations.ts";

const base: TrainingJob = { tp: 2, pp: 4, dp: 4, steps: 40, skewUs: (rank) => (rank % 7) * 150_000 };

function operationsOf(job: TrainingJob, everyUs?: number): Operation[] {
  const ranks = trainingJob(job).map((rank) => (everyUs === undefined ? rank : dumped(rank, everyUs)));
  return ranks.flat().map(({ operation }) => operation);
}

describe("a window", () => {
  const slow = (rank: number) => (rank === 13 ? 1300 : 1000);
  const windows = windowFromOperations(operationsOf({ ...base, gradNorm: true, workUs: slow }, 1e6));
  const [window] = windows;

  test("of 20 steps begins every 5", () => {
    expect(windows.map(({ firstStep, steps }) => [firstStep, steps])).toEqual(
      [0, 5, 10, 15, 20].map((from) => [from, 20]),
    );
  });

  test("numbers the ranks by the communicator of all", () => {
    expect(window!.ranks.map(({ rank, process }) => [rank, process])).toEqual(
      Array.from({ length: 32 }, (_, rank) => [rank, `node-${rank >> 3}/${1000 + rank}`]),
    );
  });

  test("joins each operation: its members leave it together", () => {
    for (const { exec, start, communicator, slots, collective } of window!.operations) {
      if (collective === "SendRecv") continue;
      const { members } = window!.communicators[communicator]!;
      // Ends differ by the ranks' clocks, which step begins cancel where all end the step together: with the norm of all.
      const apart = Array.from({ length: 19 * slots }, (_, i) => {
        const at = (slots + i) * members.length;
        const ends = Array.from(members, (_, m) => exec[at + m]! + start![at + m]!);
        return Math.max(...ends) - Math.min(...ends);
      });
      expect(Math.max(...apart)).toBeLessThanOrEqual(2);
    }
  });

  test("joins a Send with its Recv", () => {
    const pairs = window!.operations.filter(({ collective }) => collective === "SendRecv");
    expect(pairs.length).toBe(2 * 3 * 8);
    for (const { exec, communicator } of pairs) {
      expect(window!.communicators[communicator]!.members.length).toBe(2);
      expect(window!.communicators[communicator]!.kind).toBe("PP");
      // One of the two waits for nobody.
      const shorter = Array.from({ length: exec.length / 2 }, (_, i) => Math.min(exec[2 * i]!, exec[2 * i + 1]!));
      expect(new Set(shorter)).toEqual(new Set([100]));
    }
  });

  test("holds the self time: 12 passes of 1 ms, 30 % more on the slow rank", () => {
    for (const [index, { rank }] of window!.ranks.entries()) {
      const own = median(window!.self.subarray(index * 20, (index + 1) * 20));
      expect(own).toBeCloseTo(rank === 13 ? 4 * 3 * 2 * 1300 : 4 * 3 * 2 * 1000, -1);
    }
  });

  test("is the same where ranks count their steps apart", () => {
    const { rows } = foldJob(trainingJob({ ...base, gradNorm: true }));
    const shifted = rows.map((row) => (row.process.endsWith("3") ? { ...row, step: row.step + 7 } : row));
    const options = { firstStep: 5, steps: 20 };
    expect(buildWindow(shifted, options)).toEqual(buildWindow(rows, options));
  });

  test("leaves unknown what was not heard", () => {
    const operations = operationsOf({ ...base, gradNorm: true }).filter(({ process }) => process !== "node-1/1009");
    const [one] = windowFromOperations(operations);
    expect(one!.ranks.length).toBe(31);
    const world = one!.communicators.find(({ id }) => id === "world")!;
    expect([...world.members].filter((member) => member < 0).length).toBe(1);
    const norm = one!.operations.find(({ communicator }) => one!.communicators[communicator] === world)!;
    expect([...norm.exec].filter((us) => Number.isNaN(us)).length).toBe(20);
  });

  test("that is too large is refused", () => {
    const { rows } = foldJob(trainingJob({ ...base, steps: 8 }));
    expect(() => buildWindow(rows, { firstStep: 0, steps: maxWindowNumbers })).toThrow(WindowTooLargeError);
  });
});

test("no period: no window, and why", () => {
  const operations = operationsOf({ ...base, steps: 1, layers: 1, microBatches: 1 });
  const { starts, notEnoughData } = foldOperations(operations);
  const windows = starts.flat();
  expect(windows).toEqual([]);
  expect(notEnoughData.get("job")![0]).toMatch(/operations heard|no period/);
});

const runs = new URL("../../../../../shared/vectors/gloo_runs/", import.meta.url);
const present = existsSync(runs);
if (!present) console.info("skipped: no ../shared/vectors/gloo_runs beside the repository");

test.skipIf(!present)("a real run of four: 60 steps, and rank 2 works 15 ms longer in steps 20 to 49", () => {
  const operations = [0, 1, 2, 3].flatMap((rank) => {
    const { recs } = JSON.parse(readFileSync(new URL(`r${rank}.json`, runs), "utf8")) as {
      recs: [number, number, number][];
    };
    return recs.map(
      ([seq, start, end]): Operation => ({
        job: "run",
        communicator: "world",
        kind: "WORLD",
        process: `rank ${rank}`,
        node: undefined,
        rank,
        size: 4,
        jobRank: rank,
        members: [0, 1, 2, 3],
        collective: "AllReduce",
        seq,
        peer: undefined,
        bytes: undefined,
        execUs: (end - start) * 1e6,
        startUs: start * 1e6,
        timing: "collective_cpu",
      }),
    );
  });
  const windows = windowFromOperations(operations);
  expect(windows.map(({ firstStep }) => firstStep)).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40]);
  const self = (from: number, rank: number) => {
    const window = windows.find(({ firstStep }) => firstStep === from)!;
    return median(window.self.subarray(rank * window.steps, (rank + 1) * window.steps));
  };
  for (const rank of [0, 1, 3]) {
    expect(self(25, 2) - self(25, rank)).toBeGreaterThan(14_000);
    expect(self(25, 2) - self(25, rank)).toBeLessThan(16_000);
    expect(Math.abs(self(0, 2) - self(0, rank))).toBeLessThan(1000);
  }
  expect(
    windows.every(({ kernelTiming, operations: [column] }) => !kernelTiming && !column!.exec.some(Number.isNaN)),
  ).toBe(true);
});
