import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { makeWindow, type Scene } from "../../test/make-window.ts";
import type { JobWindow } from "./job-window.ts";
import { judge } from "./judge.ts";
import { inspectorEnvironment } from "./not-enough-data.ts";

const layout = (tp: number, pp: number, dp: number) => ({ tp, pp, dp, perNode: 8 });

/** Who is named, shortly: "slow_rank 13". */
function named(window: JobWindow): string[] {
  return judge(window).verdict.findings.map(({ kind, rank, node, stage, communicator }) => {
    const who = kind === "slow_group" ? communicator : (rank ?? node ?? stage ?? "");
    return `${kind} ${who}`.trim();
  });
}

const slowRank = (slow: number, times: number) => (rank: number) => (rank === slow ? times : 1);

const cases: { name: string; scene: Omit<Scene, "seed">; expected: string[] }[] = [
  { name: "a healthy job", scene: { layout: layout(2, 4, 4) }, expected: [] },
  { name: "a rank", scene: { layout: layout(2, 4, 4), slower: slowRank(13, 1.2) }, expected: ["slow_rank 13"] },
  {
    name: "a rank among sequences of unequal length",
    scene: { layout: layout(2, 4, 8), sequenceNoise: 0.2, slower: slowRank(13, 1.2) },
    expected: ["slow_rank 13"],
  },
  {
    name: "a rank, where ranks pause now and then",
    scene: { layout: layout(2, 4, 4), noise: 0.04, pauses: 0.03, slower: slowRank(5, 1.2) },
    expected: ["slow_rank 5"],
  },
  {
    name: "a rank, one in twelve unheard",
    scene: { layout: layout(2, 4, 8), unheard: (rank) => rank % 12 === 7, slower: slowRank(13, 1.2) },
    expected: ["slow_rank 13"],
  },
  {
    name: "two ranks of different nodes",
    scene: { layout: layout(1, 1, 32), slower: (rank) => (rank === 3 || rank === 20 ? 1.3 : 1) },
    expected: ["slow_rank 3", "slow_rank 20"],
  },
  {
    name: "a rank of a job with two replicas, by the ranks of its stage",
    scene: { layout: layout(8, 2, 2), slower: slowRank(9, 1.25) },
    expected: ["slow_rank 9"],
  },
  {
    name: "nobody: slower by less than the score asks",
    scene: { layout: layout(2, 4, 4), slower: slowRank(13, 1.05) },
    expected: [],
  },
  {
    name: "nobody: work that fits in slack delays no one",
    scene: { layout: layout(2, 4, 4), slack: slowRank(13, 1.4) },
    expected: [],
  },
  {
    name: "nobody: slow in half of the steps only",
    scene: { layout: layout(2, 4, 4), slower: (rank, step) => (rank === 13 && step % 2 === 0 ? 1.4 : 1) },
    expected: [],
  },
  {
    name: "a node inside its replicas",
    scene: { layout: layout(8, 2, 4), slower: (rank) => (rank >> 3 === 3 ? 1.2 : 1) },
    expected: ["slow_node node-003"],
  },
  {
    name: "a node that is a whole replica",
    scene: { layout: layout(8, 1, 8), slower: (rank) => (rank >> 3 === 3 ? 1.2 : 1) },
    expected: ["slow_node node-003"],
  },
  {
    name: "a node that is half of the job, so that its ranks are each other's peers",
    scene: { layout: { tp: 1, pp: 1, dp: 8, perNode: 4 }, sequenceNoise: 0.1, slower: (rank) => (rank < 4 ? 1.25 : 1) },
    expected: ["slow_node node-000"],
  },
  {
    name: "nobody: work that fits in slack, and for the smaller part does not",
    scene: { layout: layout(2, 4, 4), slack: (rank) => (rank === 13 ? 1.3 : 1), slower: slowRank(13, 1.04) },
    expected: [],
  },
  {
    name: "a stage and no rank of it",
    scene: { layout: layout(2, 4, 4), slower: (rank) => (rank >= 24 ? 1.2 : 1) },
    expected: ["slow_stage 3"],
  },
  {
    name: "one slow group and no rank of it",
    scene: { layout: layout(8, 2, 4), slowTransfer: (id) => (id.startsWith("TP:8,") ? 1.2 : 1) },
    expected: ["slow_group TP:8,9,10,11,12,13,14,15"],
  },
  {
    name: "a slow group with an unheard member, where enough operations show that nobody was waited for",
    scene: {
      layout: layout(8, 2, 4),
      unheard: (rank) => rank === 12,
      slowTransfer: (id) => (id.startsWith("TP:8,") ? 1.3 : 1),
    },
    expected: ["slow_group TP:8,9,10,11,12,13,14,15"],
  },
  {
    name: "nobody: an unheard rank that is somewhat slow, and waited for in most operations",
    scene: { layout: layout(4, 2, 4), unheard: (rank) => rank === 5, slower: slowRank(5, 1.02) },
    expected: [],
  },
  {
    name: "the network card of a node",
    scene: {
      layout: layout(8, 4, 4),
      slowTransfer: (id, members) => (!id.startsWith("TP") && members.some((rank) => rank >> 3 === 5) ? 1.2 : 1),
    },
    expected: ["slow_link node-005"],
  },
  {
    name: "the network card of a rank",
    scene: {
      layout: layout(8, 4, 4),
      slowTransfer: (id, members) => (!id.startsWith("TP") && members.includes(43) ? 1.2 : 1),
    },
    expected: ["slow_link 43"],
  },
  {
    name: "the network card of a rank, though some of its groups alone would be no finding",
    scene: {
      layout: layout(8, 4, 4),
      slowTransfer: (id, members) => {
        if (id.startsWith("TP") || !members.includes(11)) return 1;
        return id.startsWith("PP") ? 1.25 : 1.12;
      },
    },
    expected: ["slow_link 11"],
  },
  {
    name: "a slow group with an unheard member, whose mates are as early as ever",
    scene: {
      layout: layout(4, 2, 8),
      unheard: (rank) => rank === 44 || rank === 4,
      slowTransfer: (id, members) => (id.startsWith("DP") && members.includes(36) ? 1.3 : 1),
    },
    expected: ["slow_group DP:32,36,40,44,48,52,56,60"],
  },
  {
    name: "nobody: an inner group that waits for an unheard rank, though its sisters with one do not",
    scene: {
      layout: layout(4, 2, 8),
      unheard: (rank) => rank === 4 || rank === 12 || rank === 20,
      slower: slowRank(12, 1.02),
    },
    expected: [],
  },
  {
    name: "nobody: a group that waits for an unheard rank whose mates come late as well",
    scene: {
      layout: layout(4, 2, 8),
      unheard: (rank) => rank === 44,
      slower: (rank) => (rank >= 44 && rank < 48 ? 1.06 : 1),
    },
    expected: [],
  },
  {
    name: "uneven batches, and nobody",
    scene: { layout: layout(2, 4, 8), sequenceNoise: 0.3 },
    expected: ["imbalance"],
  },
];

describe("judge names", () => {
  for (const { name, scene, expected } of cases) {
    test.each([1, 2, 3])(`${name} (seed %i)`, (seed) => {
      expect(named(makeWindow({ ...scene, seed })).sort()).toEqual([...expected].sort());
    });
  }
});

describe("judge measures", () => {
  const window = makeWindow({ layout: layout(2, 4, 4), seed: 4, slower: slowRank(13, 1.2) });
  const judgement = judge(window);
  const finding = judgement.verdict.findings[0]!;

  it("score, slow-down and their relations", () => {
    expect(finding.score).toBeCloseTo(1.2, 1);
    expect(judgement.ranks.nvrxScore[13]).toBeCloseTo(1 / finding.score!, 9);
    expect(finding.slowdown).toBeCloseTo(1.19, 1);
    expect(judgement.slowdown).toBe(finding.slowdown);
    expect(judgement.ranks.stage[13]).toBe(1);
  });

  it("waste: all waiting has an owner, and no more than all", () => {
    const owned = judgement.ranks.wasteGpuSeconds.reduce((sum, seconds) => sum + seconds, 0);
    const waited = judgement.ranks.waitGpuSeconds.reduce((sum, seconds) => sum + seconds, 0);
    expect(owned).toBeCloseTo(judgement.wasteGpuSeconds, 9);
    expect(waited).toBeCloseTo(judgement.wasteGpuSeconds, 9);
    expect(finding.waste_gpu_seconds! / owned).toBeGreaterThan(0.5);
  });

  it("the wait chain of the longest step, ending at the slow rank", () => {
    expect(judgement.worstStep?.chain.at(-1)?.waitedFor).toBe(13);
  });

  it("bus bandwidth by the formula of nccl-tests", () => {
    const group = judgement.groups.find(({ communicator }) => communicator.startsWith("TP"))!;
    expect(group.busbwGbs).toBeCloseTo(((1 << 24) / group.transferUs / 1e3) * ((2 * 1) / 2), 9);
  });

  it("nothing that JSON cannot write", () => {
    for (const value of Object.values(finding))
      if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
  });
});

describe("inherited delay", () => {
  it("goes to the slow rank though its group mate arrives last in data parallelism as well", () => {
    const judgement = judge(makeWindow({ layout: layout(4, 1, 4), seed: 5, noise: 0.005, slower: slowRank(6, 1.3) }));
    expect(judgement.verdict.findings.map(({ rank }) => rank)).toEqual([6]);
    expect(judgement.verdict.findings[0]!.waste_gpu_seconds! / judgement.wasteGpuSeconds).toBeGreaterThan(0.9);
  });
});

describe("judge with less to go by", () => {
  const scene: Scene = { layout: layout(2, 1, 8), seed: 6, slower: slowRank(5, 1.4) };
  const window = makeWindow(scene);
  const nan = (values: Float64Array) => values.map(() => Number.NaN);

  it("subtracts operations from the step where none is dated", () => {
    const judgement = judge({ ...window, self: nan(window.self) });
    expect(judgement.verdict.findings.map(({ kind, rank }) => `${kind} ${rank}`)).toEqual(["slow_rank 5"]);
    expect(judgement.verdict.findings[0]!.confidence).toBe("medium");
  });

  it("compares times in operations where the step is not timed either", () => {
    const judgement = judge({
      ...window,
      self: nan(window.self),
      stepTime: nan(window.stepTime),
      endedAt: nan(window.endedAt),
    });
    const [finding] = judgement.verdict.findings;
    expect(finding).toMatchObject({ kind: "slow_rank", rank: 5, confidence: "low" });
    expect(finding!.score).toBeUndefined();
    expect(finding!.slowdown).toBeUndefined();
    expect(finding!.waste_gpu_seconds).toBeGreaterThan(0);
    expect(judgement.ranks.score[5]).toBeNaN();
    expect(finding!.from).toBeUndefined();
  });

  it("trusts durations less that are not the kernels' own, and says so", () => {
    const [finding] = judge({ ...window, kernelTiming: false }).verdict.findings;
    expect(finding!.confidence).toBe("medium");
    expect(finding!.evidence.map(({ value }) => value)).toContain(
      "not the kernels' own: waiting for the CPU is in them",
    );
  });

  it("does not count who waited in operations that not all ranks wait in", () => {
    const broadcasts = window.operations.map((column) => ({ ...column, collective: "Broadcast" }));
    const { verdict } = judge({ ...window, operations: broadcasts });
    expect(verdict.findings).toEqual([]);
    expect(verdict.not_enough_data).toContain("8 KiB");
  });

  it("says what to set when there are neither durations nor dates", () => {
    const empty = { ...window, operations: [], self: nan(window.self), stepTime: nan(window.stepTime) };
    const { verdict } = judge(empty);
    expect(verdict.findings).toEqual([]);
    expect(verdict.not_enough_data).toContain(inspectorEnvironment);
  });

  test.each([
    { name: "few steps", change: { steps: 5 }, reason: "at least 8" },
    { name: "one rank", change: { layout: layout(1, 1, 1) }, reason: "at least 2" },
    { name: "two ranks", change: { layout: layout(1, 1, 2) }, reason: "nothing to compare" },
  ])("says why it does not judge: $name", ({ change, reason }) => {
    expect(judge(makeWindow({ layout: layout(1, 1, 8), seed: 1, ...change })).verdict.not_enough_data).toContain(
      reason,
    );
  });
});

/** Nothing is known of these ranks from a step on. */
function silencedFrom(window: JobWindow, step: number, isSilent: (rank: number) => boolean): JobWindow {
  const blank = (column: Float64Array) =>
    column.map((value, cell) =>
      isSilent(window.ranks[Math.floor(cell / window.steps)]!.rank) && cell % window.steps >= step ? Number.NaN : value,
    );
  const operations = window.operations.map((operation) => {
    const { members } = window.communicators[operation.communicator]!;
    const silence = (column: Float32Array) =>
      column.map((value, cell) => {
        const member = members[cell % members.length]!;
        const at = Math.floor(cell / members.length / operation.slots);
        return member >= 0 && at >= step && isSilent(window.ranks[member]!.rank) ? Number.NaN : value;
      });
    return { ...operation, exec: silence(operation.exec), ...(operation.start && { start: silence(operation.start) }) };
  });
  return { ...window, operations, self: blank(window.self), stepTime: blank(window.stepTime) };
}

test.each([4, 10])("who is not heard from step %i on makes no link slow", (step) => {
  const scene = { layout: layout(4, 2, 8), seed: 3, slower: slowRank(35, 1.3) };
  const window = makeWindow(scene);
  const found = named(silencedFrom(window, step, (rank) => rank === 35 || rank === 20));
  expect(found.filter((who) => who !== "slow_rank 35")).toEqual([]);
});

describe("own history", () => {
  const scene: Scene = { layout: layout(1, 1, 2), seed: 7, noise: 0.01 };
  const past = Array.from({ length: 12 }, (_, i) => 50_000 * (1 + 0.002 * (i % 5)));
  const history = { stepTimeUs: past.map((us) => us + 4500), selfUs: new Map([0, 1].map((rank) => [rank, past])) };

  it("speaks for ranks without peers, with low confidence", () => {
    const slow = makeWindow({ ...scene, slower: slowRank(1, 1.3) });
    const [finding] = judge(slow, { history }).verdict.findings;
    expect(finding).toMatchObject({ kind: "slow_rank", rank: 1, confidence: "low" });
    expect(judge(makeWindow(scene), { history }).verdict.findings).toEqual([]);
  });

  it("tells a job that is slower as a whole", () => {
    const all = makeWindow({ ...scene, layout: layout(1, 1, 8), slower: () => 1.3 });
    const [finding] = judge(all, { history }).verdict.findings;
    expect(finding).toMatchObject({ kind: "global_slowdown" });
    expect(finding!.rank).toBeUndefined();
  });
});

/** The same job, its ranks listed in another order. */
function permuted(window: JobWindow, order: readonly number[]): JobWindow {
  const place = new Int32Array(order.length);
  for (const [to, from] of order.entries()) place[from] = to;
  const rows = (values: Float64Array) =>
    Float64Array.from(order.flatMap((from) => [...values.subarray(from * window.steps, (from + 1) * window.steps)]));
  return {
    ...window,
    ranks: order.map((from) => window.ranks[from]!),
    communicators: window.communicators.map((c) => ({
      ...c,
      members: c.members.map((rank) => (rank < 0 ? -1 : place[rank]!)),
    })),
    stepTime: rows(window.stepTime),
    self: rows(window.self),
  };
}

function scaled(window: JobWindow, by: number): JobWindow {
  return {
    ...window,
    operations: window.operations.map((column) => ({ ...column, exec: column.exec.map((us) => us * by) })),
    stepTime: window.stepTime.map((us) => us * by),
    self: window.self.map((us) => us * by),
  };
}

describe("judge is indifferent", () => {
  const scene = fc.record({
    seed: fc.integer({ min: 1, max: 10_000 }),
    slow: fc.integer({ min: 0, max: 15 }),
    times: fc.constantFrom(1, 1.2, 1.5),
  });
  const windowOf = ({ seed, slow, times }: { seed: number; slow: number; times: number }) =>
    makeWindow({ layout: layout(2, 1, 8), seed, slower: slowRank(slow, times) });
  const bare = (window: JobWindow) =>
    judge(window).verdict.findings.map(({ kind, rank, node, score, z, slowdown, waste_gpu_seconds }) => ({
      ...{ kind, rank, node },
      ...{
        score: score?.toFixed(9),
        z: z?.toFixed(6),
        slowdown: slowdown?.toFixed(9),
        waste: waste_gpu_seconds?.toFixed(6),
      },
    }));

  it("to the order in which ranks are listed", () => {
    fc.assert(
      fc.property(scene, fc.shuffledSubarray([...Array(16).keys()], { minLength: 16 }), (drawn, order) => {
        const window = windowOf(drawn);
        expect(bare(permuted(window, order))).toEqual(bare(window));
      }),
      { numRuns: 40 },
    );
  });

  it("to the unit of time: only microseconds and GPU-seconds change", () => {
    fc.assert(
      fc.property(scene, fc.constantFrom(0.125, 4, 64), (drawn, by) => {
        const window = windowOf(drawn);
        const strip = (findings: ReturnType<typeof bare>) => findings.map(({ waste, ...rest }) => rest);
        expect(strip(bare(scaled(window, by)))).toEqual(strip(bare(window)));
      }),
      { numRuns: 40 },
    );
  });
});
