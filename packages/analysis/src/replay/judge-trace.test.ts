import type { StepTrace } from "@lockstep/formats/step-trace/step-trace";
import { describe, expect, test } from "vitest";
import { judgeTrace } from "./judge-trace.ts";
import { makeTrace, normal, type TraceScene, uniform } from "./test/make-trace.ts";
import { recordedTrace, recordedTracePath } from "./test/recorded-trace.ts";
import { replanted } from "./test/replant.ts";

const base: TraceScene = { dp: 4, stages: 4, microBatches: 8, steps: 12, noise: 0.02 };

/** Work of a micro-batch, the same on all stages of its replica. */
function lengths(variation: number, seed = 7): NonNullable<TraceScene["times"]> {
  const next = uniform(seed);
  const known = new Map<string, number>();
  return ({ dp, step, microBatch }) => {
    const key = `${dp}/${step}/${microBatch}`;
    const length = known.get(key) ?? Math.max(0.3, 1 + variation * normal(next));
    known.set(key, length);
    return length;
  };
}

const slowAt =
  (dp: number, stage: number, times: number): NonNullable<TraceScene["times"]> =>
  (place) =>
    place.dp === dp && place.stage === stage ? times : 1;

const said = (scene: TraceScene) =>
  judgeTrace(makeTrace(scene), "job").verdict.findings.map(({ kind, rank, stage, communicator, cause }) =>
    [kind, rank ?? stage ?? communicator ?? "", cause.code].join(" ").replace("  ", " "),
  );

describe("culprits", () => {
  const evenAndSlow = lengths(0.3);
  const table: [string, TraceScene, string[]][] = [
    ["nobody", base, []],
    ["noise", { ...base, noise: 0.1 }, []],
    ["a slow worker", { ...base, times: slowAt(2, 1, 1.3) }, ["slow_rank 6 unknown"]],
    ["a slow worker with one peer", { ...base, dp: 2, times: slowAt(1, 2, 1.3) }, ["slow_rank 5 unknown"]],
    ["a slow worker on the first stage", { ...base, dp: 2, times: slowAt(0, 0, 1.3) }, ["slow_rank 0 unknown"]],
    ["a slow worker without a pipeline", { ...base, stages: 1, times: slowAt(3, 0, 1.2) }, ["slow_rank 3 unknown"]],
    [
      "a slow worker of an interleaved pipeline",
      { ...base, chunks: 2, times: slowAt(1, 3, 1.3) },
      ["slow_rank 13 unknown"],
    ],
    [
      "a worker that starts late each step",
      { ...base, gapS: (dp, stage) => (dp === 3 && stage === 0 ? 0.2 : 0) },
      ["slow_rank 3 cpu_starved"],
    ],
    [
      "a stage with more layers",
      { ...base, times: ({ stage }) => (stage === 3 ? 1.4 : 1) },
      ["slow_stage 3 stage_partitioning"],
    ],
    ["sequences of unequal length", { ...base, times: lengths(0.3) }, ["imbalance sequence_length"]],
    [
      "unequal lengths and a slow worker",
      { ...base, times: (place) => evenAndSlow(place) * slowAt(2, 1, 1.5)(place) },
      ["imbalance sequence_length", "slow_rank 6 unknown"],
    ],
    ["a replica with more work", { ...base, times: ({ dp }) => (dp === 1 ? 1.3 : 1) }, ["imbalance unknown"]],
    [
      "a slow link between two stages",
      { ...base, transfer: (optype, dp, stage) => (optype === "forward-send" && dp === 1 && stage === 1 ? 40 : 1) },
      ["slow_group forward-pp-comm, replica 1, stages 1-2 unknown"],
    ],
    [
      "transfers that falter everywhere",
      {
        ...base,
        transfer: (optype, _dp, _stage, step) => (optype === "grads-reduce-scatter" && step % 4 === 0 ? 20 : 1),
      },
      ["slow_group grads-reduce-scatter unknown"],
    ],
    [
      "slack: slow, and nobody waits",
      { ...base, transfer: (optype, _dp, stage) => (optype === "grads-reduce-scatter" && stage === 2 ? 2 : 1) },
      [],
    ],
  ];
  test.each(table)("%s", (_, scene, expected) => expect(said(scene)).toEqual(expected));
});

test.each([1, 2, 3, 4, 5, 6])("unequal lengths name no rank, seed %i", (seed) => {
  expect(said({ ...base, microBatches: 6, steps: 10, seed, times: lengths(0.25, seed) })).toEqual([
    "imbalance sequence_length",
  ]);
});

test("too few steps are said to be too few", () => {
  const { verdict } = judgeTrace(makeTrace({ ...base, steps: 3, times: slowAt(2, 1, 1.3) }), "job");
  expect(verdict.findings).toEqual([]);
  expect(verdict.not_enough_data).toMatch(/^3 steps that can be replayed, at least 5/);
});

describe("the recorded trace", () => {
  const place = async (skip: (why: string) => void) => {
    const trace = await recordedTrace();
    if (trace === undefined) skip(`not on this machine: ${recordedTracePath}`);
    return trace;
  };

  test("its last stage is named, no single rank is", async ({ skip }) => {
    const trace = await place(skip);
    if (trace === undefined) return;
    const { findings } = judgeTrace(trace, "ST").verdict;
    expect(findings.map(({ kind, stage, rank }) => ({ kind, stage, rank }))).toEqual([
      { kind: "slow_stage", stage: 3, rank: undefined },
    ]);
    expect(findings[0]!.ranks).toEqual([6, 7]);
  });

  const isCompute = ({ optypes, optype }: StepTrace, row: number) => /compute/.test(optypes[optype[row]!]!);
  const slowRanks = (trace: StepTrace) =>
    judgeTrace(trace, "ST")
      .verdict.findings.filter(({ kind }) => kind === "slow_rank")
      .map(({ rank }) => rank);

  test.each([0, 1, 3, 5, 6])("a worker %i made 1.5 times slower is named", async (worker) => {
    const trace = await recordedTrace();
    if (trace === undefined) return console.warn(`skipped, not on this machine: ${recordedTracePath}`);
    const slow = replanted(trace, (row) => (trace.worker[row] === worker && isCompute(trace, row) ? 1.5 : 1));
    expect(slowRanks(slow)).toEqual([trace.workers[worker]!.rank]);
    const stretched = trace.durationS.map((seconds, row) =>
      trace.worker[row] === worker && isCompute(trace, row) ? 1.5 * seconds : seconds,
    );
    // Durations that overlap what comes after them: no recording, but the same verdict.
    expect(slowRanks({ ...trace, durationS: stretched })).toEqual([trace.workers[worker]!.rank]);
  });
});
