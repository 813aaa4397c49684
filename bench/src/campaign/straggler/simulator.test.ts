/** What must hold of the simulator whatever it simulates. How good the detector is, the campaign says and no test. */
import type { JobWindow } from "@lockstep/analysis/straggler/job-window";
import { describe, expect, test } from "vitest";
import { Engine } from "./engine.ts";
import { type FaultKind, faultKinds } from "./fault.ts";
import { type Layout, layouts, rankCount } from "./layout.ts";
import { planOf, scenarioOf } from "./plan.ts";
import { lognormalTable, normalQuantile, Random } from "./random.ts";
import { Recorder } from "./recorder.ts";
import { drawScenario, type Scenario } from "./scenario.ts";
import { exchangeSlots, oneForwardOneBackward } from "./schedule.ts";
import { telemetryOf } from "./telemetry.ts";
import { Counterfactual } from "./truth.ts";

const small = layouts.filter((layout) => rankCount(layout) <= 64);
const piped = small.find(({ pipeline, tensor }) => pipeline > 2 && tensor > 1)!;

function scenario(layout: Layout, seed: number, kind?: FaultKind, severity = 1.5, sequenceCv = 0.1): Scenario {
  const drawn = drawScenario({ layout, seed, sequenceCv, ...(kind ? { fault: { kind, severity } } : {}) });
  if (!drawn) throw new Error(`${layout.name} has no place for ${kind}`);
  return drawn;
}

function record(job: Scenario, steps: number): { window: JobWindow; engine: Engine } {
  const recorder = new Recorder(job, 20);
  const engine = new Engine(job, recorder);
  for (let step = 0; step < steps; step++) engine.step();
  return { window: recorder.window(), engine };
}

describe("random numbers", () => {
  test("two streams of a seed differ, the same stream repeats", () => {
    const draws = (seed: number, stream: string) => {
      const random = new Random(seed, stream);
      return Array.from({ length: 8 }, () => random.u32());
    };
    expect(draws(2, "compute")).toEqual(draws(2, "compute"));
    expect(draws(2, "compute")).not.toEqual(draws(2, "transfers"));
    expect(draws(2, "compute")).not.toEqual(draws(4, "compute"));
  });

  test("tables have the mean and the spread they are made for", () => {
    for (const cv of [0, 0.02, 0.2]) {
      const table = lognormalTable(cv);
      const mean = table.reduce((a, b) => a + b, 0) / table.length;
      const variance = table.reduce((a, b) => a + (b - mean) ** 2, 0) / table.length;
      expect(mean).toBeCloseTo(1, 3);
      expect(Math.sqrt(variance)).toBeCloseTo(cv, 2);
    }
    expect(normalQuantile(0.975)).toBeCloseTo(1.96, 2);
  });
});

describe("the schedule", () => {
  const table = [
    [1, 4],
    [2, 8],
    [4, 8],
    [8, 16],
    [4, 2],
  ] as const;
  test.each(table)(
    "%i stages, %i micro-batches: each runs each once, and every transfer has a slot",
    (stages, batches) => {
      const list = oneForwardOneBackward(stages, batches);
      const passes = list.filter((one) => one.kind !== "exchange");
      expect(new Set(passes.map(({ kind, stage, microBatch }) => `${kind} ${stage} ${microBatch}`)).size).toBe(
        2 * stages * batches,
      );
      for (let stage = 0; stage + 1 < stages; stage++) {
        const transfers = list.flatMap((one) =>
          one.kind === "exchange" && one.stage === stage ? [one.transfers] : [],
        );
        expect(transfers.reduce((a, b) => a + b, 0)).toBe(exchangeSlots(batches));
      }
      for (const [at, one] of list.entries()) {
        if (one.kind !== "backward") continue;
        const forward = list.findIndex(
          (other) => other.kind === "forward" && other.stage === one.stage && other.microBatch === one.microBatch,
        );
        expect(forward).toBeLessThan(at);
      }
    },
  );
});

describe.each(small)("$name", (layout) => {
  test("a step is self time and operations, and nothing else", () => {
    const { window } = record(scenario(layout, 6), 20);
    const busy = new Float64Array(window.ranks.length * window.steps);
    for (const { communicator, exec, start, slots } of window.operations) {
      const { members } = window.communicators[communicator]!;
      for (let row = 0; row < window.steps * slots; row++) {
        for (const [member, rank] of members.entries()) {
          if (rank < 0) continue;
          const cell = row * members.length + member;
          // Activations down and gradients up at once are two operations in the same time.
          const twin = row % slots > 0 && start![cell] === start![cell - members.length];
          if (!twin) busy[rank * window.steps + Math.floor(row / slots)]! += exec[cell]!;
        }
      }
    }
    for (const [cell, us] of window.self.entries()) {
      if (Number.isNaN(us)) continue;
      const step = window.stepTime[cell]!;
      // Whole microseconds, a hundred operations.
      expect(Math.abs(us + busy[cell]! - step)).toBeLessThan(100);
    }
  });

  test("the last to enter an operation has nothing but the transfer, and all leave together", () => {
    const job = scenario(layout, 8);
    const { window } = record({ ...job, clockRate: job.clockRate.map(() => 1), heard: job.heard.map(() => 1) }, 20);
    const begins = beginnings(window);
    for (const { communicator, exec, start, slots } of window.operations) {
      const { members } = window.communicators[communicator]!;
      for (let row = 0; row < window.steps * slots; row++) {
        const step = Math.floor(row / slots);
        const cells = Array.from(members.keys(), (member) => row * members.length + member);
        const known = cells.filter((cell) => !Number.isNaN(exec[cell]!));
        if (known.length < 2) continue;
        const enter = known.map(
          (cell) => begins[members[cell % members.length]! * window.steps + step]! + start![cell]!,
        );
        const leave = known.map((cell, i) => enter[i]! + exec[cell]!);
        expect(Math.max(...leave) - Math.min(...leave)).toBeLessThan(8);
        const shortest = Math.min(...known.map((cell) => exec[cell]!));
        expect(Math.max(...leave) - Math.max(...enter) - shortest).toBeLessThan(8);
      }
    }
  });

  test.each(faultKinds)("%s of severity 1 changes nothing, and a severe one costs time", (kind) => {
    // Uneven sequences are compared with even ones, so they must be even before.
    const sequenceCv = kind === "sequence imbalance" ? 0 : 0.1;
    const none = drawScenario({ layout, seed: 10, sequenceCv, fault: { kind, severity: 1 } });
    if (!none) return;
    const same = new Counterfactual(none, new Engine(none));
    const severe = scenario(layout, 10, kind, 2, sequenceCv);
    const slower = new Counterfactual(severe, new Engine(severe));
    for (let step = 0; step < 60; step++) {
      same.step();
      slower.step();
    }
    expect(same.cost(0, 60)).toEqual({ slowdown: 1, wasteGpuSeconds: 0 });
    expect(slower.cost(0, severe.fault!.onset)).toEqual({ slowdown: 1, wasteGpuSeconds: 0 });
    expect(slower.cost(40, 20).slowdown).toBeGreaterThan(1);
    expect(slower.cost(40, 20).wasteGpuSeconds).toBeGreaterThan(0);
  });
});

/** [rank * steps + step], microseconds since the first rank's first step. All begin together, then each when it ended. */
function beginnings(window: JobWindow): Float64Array {
  const begins = new Float64Array(window.stepTime.length);
  for (let rank = 0; rank < window.ranks.length; rank++) {
    for (let step = 1; step < window.steps; step++) {
      const cell = rank * window.steps + step;
      begins[cell] = begins[cell - 1]! + window.stepTime[cell - 1]!;
    }
  }
  return begins;
}

test("skewed clocks change the date and no duration", () => {
  const job = scenario(piped, 12);
  const skewed = record(job, 20).window;
  const right = record({ ...job, skewUs: job.skewUs.map(() => 0) }, 20).window;
  expect(skewed.endedAt).not.toEqual(right.endedAt);
  expect(skewed.operations).toEqual(right.operations);
  expect(skewed.self).toEqual(right.self);
  expect(skewed.stepTime).toEqual(right.stepTime);
});

test("work beside the bubble is self time that delays nobody", () => {
  const job = scenario(piped, 14);
  const rank = rankCount(piped) - 1;
  const decoys = { ...job.decoys, pauses: false, spikeRank: undefined, slack: undefined };
  const plain = record({ ...job, decoys }, 20).engine;
  const busy = record({ ...job, decoys: { ...decoys, slack: { rank, bubbleShare: 0.7 } } }, 20).engine;
  expect(busy.selfUs[rank]! / plain.selfUs[rank]!).toBeGreaterThan(1.15);
  expect(Math.max(...busy.clock) / Math.max(...plain.clock)).toBeLessThan(1.01);
});

test("a long job's windows are the same as a short one's, however many steps are kept", () => {
  const job = scenario(piped, 16);
  const run = (capacity: number) => {
    const recorder = new Recorder(job, capacity);
    const engine = new Engine(job, recorder);
    for (let step = 0; step < 90; step++) engine.step();
    return recorder.window();
  };
  expect(run(25)).toEqual(run(200));
});

test("ranks that are not heard are nowhere, and lost operations leave their step's self time unknown", () => {
  const job = scenario(piped, 18);
  const heard = job.heard.map((_, rank) => (rank % 5 === 0 ? 0 : 1));
  const { window } = record({ ...job, heard }, 20);
  expect(window.ranks.every(({ rank }) => rank % 5 !== 0)).toBe(true);
  for (const { communicator, exec } of window.operations) {
    const { members } = window.communicators[communicator]!;
    for (const [member, rank] of members.entries()) if (rank < 0) expect(exec[member]).toBeNaN();
  }
});

test("telemetry says why a rank is slow, and nothing of it before the onset", () => {
  const job = scenario(piped, 20, "thermal throttle", 1.5);
  const rank = job.fault!.ranks[0]!;
  const span = { steps: 20, seconds: 10, endedAt: 1e12 };
  const [before, after] = [0, 60].map((firstStep) => telemetryOf(job, { ...span, firstStep })[rank]!);
  expect(before!.violationNs?.thermal).toBe(0);
  expect(after!.violationNs?.thermal).toBeGreaterThan(1e9);
  expect(after!.smClockMhz! / before!.smClockMhz!).toBeLessThan(0.75);
});

test("the halves of a campaign share no seed, and a job is the same whenever it is drawn", () => {
  const options = { seeds: 3, healthyWindows: 2000, only: undefined };
  const seeds = (half: "tune" | "report") =>
    planOf({ ...options, half }).map(({ fault, healthy }) => (fault ?? healthy).seed);
  const tuned = new Set(seeds("tune"));
  expect(seeds("report").filter((seed) => tuned.has(seed))).toEqual([]);
  const plan = planOf({ ...options, half: "tune" });
  expect(plan.reduce((n, { healthy }) => n + (healthy?.windows ?? 0), 0)).toBe(2000);
  expect(scenarioOf(plan[0]!.fault!)).toEqual(scenarioOf(plan[0]!.fault!));
});
