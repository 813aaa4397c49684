import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { replay } from "./replay.ts";
import { makeTrace, type TraceScene } from "./test/make-trace.ts";
import { type PublishedResult, published, recordedTrace, recordedTracePath } from "./test/recorded-trace.ts";

const base: TraceScene = { dp: 4, stages: 4, microBatches: 6, steps: 4, noise: 0.05 };

describe("a schedule made without knowing the replay is replayed as it was", () => {
  const table: [string, TraceScene][] = [
    ["one forward, one backward", base],
    ["interleaved, with recorded receives that never ran", { ...base, chunks: 2 }],
    ["gradients reduced beside compute", { ...base, overlap: true }],
    ["both", { ...base, chunks: 3, overlap: true }],
    ["no pipeline", { ...base, stages: 1 }],
    ["one replica", { ...base, dp: 1 }],
    ["one worker", { ...base, dp: 1, stages: 1 }],
    ["slow transfers", { ...base, transfer: (_, dp) => 1 + 20 * dp }],
  ];
  test.each(table)("%s", (_, scene) => {
    const { stepTimeS } = replay(makeTrace(scene));
    for (const [step, time] of stepTimeS.replayed.entries()) expect(time).toBeCloseTo(stepTimeS.recorded[step]!, 9);
  });
});

test("a trace of equal operations is ideal", () => {
  const { slowdown, waste, byReplica, byStage } = replay(makeTrace({ ...base, noise: 0 }));
  expect(slowdown).toBeCloseTo(1, 9);
  expect(waste).toBeCloseTo(0, 9);
  for (const each of [...byReplica, ...byStage]) expect(each).toBeCloseTo(1, 9);
});

test("gaps before operations are no straggling, and told apart", () => {
  const { slowdown, launchSlowdown } = replay(makeTrace({ ...base, noise: 0, gapS: (dp) => (dp === 1 ? 0.2 : 0) }));
  expect(slowdown).toBeCloseTo(1, 6);
  expect(launchSlowdown).toBeGreaterThan(1.1);
});

test("the worst worker carries the slow-down that it makes", () => {
  const { workersShare, byWorker, byOptype } = replay(
    makeTrace({ ...base, noise: 0.01, times: ({ dp, stage }) => (dp === 2 && stage === 1 ? 1.5 : 1) }),
  );
  expect(workersShare).toBeGreaterThan(0.9);
  expect(byWorker.indexOf(Math.max(...byWorker))).toBe(2 * base.stages + 1);
  expect(byOptype[0]!.optype).toMatch(/compute/);
});

test("S, M_W, M_S of the published trace", async ({ skip }) => {
  const trace = await recordedTrace();
  if (trace === undefined) return skip(`not on this machine: ${recordedTracePath}`);
  const found = replay(trace);
  const result = published<PublishedResult>("result");
  const within = (value: number, expected: number) => expect(Math.abs(value / expected - 1)).toBeLessThan(1e-3);
  within(found.slowdown, result.blocking_slowdown);
  within(found.launchSlowdown, result.launch_slowdown);
  within(found.workersShare, published<{ Mw: number }>("mw").Mw);
  within(found.lastStageShare, published<{ Ms: number }>("ms").Ms);
  for (const [step, number] of trace.steps.entries()) {
    within(found.stepTimeS.replayed[step]!, result.step_t_nodelay[number]!);
    within(found.stepTimeS.ideal[step]!, result.step_t_noblk[number]!);
  }
  for (const [dp, slowdown] of found.byReplica.entries()) within(slowdown, result.blocking_decompose_by_dp_rank[dp]!);
  for (const [stage, slowdown] of found.byStage.entries()) within(slowdown, result.blocking_decompose_by_stage[stage]!);
  for (const { optype, slowdown } of found.byOptype) within(slowdown, result.blocking_decompose_by_optype[optype]!);
});

test("a trace with rows cut out or doubled is replayed where it can be, never wrongly long or endless", () => {
  const whole = makeTrace({ ...base, dp: 2, stages: 3, steps: 3 });
  const columns = ["worker", "dpRank", "stage", "rank", "step", "optype", "seq", "modelChunk", "microBatch"] as const;
  fc.assert(
    fc.property(
      fc.array(fc.nat(whole.length - 1), { minLength: whole.length / 2, maxLength: whole.length }),
      (rows) => {
        const cut = {
          ...whole,
          length: rows.length,
          ...Object.fromEntries(columns.map((name) => [name, Int32Array.from(rows, (row) => whole[name][row]!)])),
          globalModelChunk: Int32Array.from(rows, (row) => whole.globalModelChunk[row]!),
          startS: Float64Array.from(rows, (row) => whole.startS[row]!),
          durationS: Float64Array.from(rows, (row) => whole.durationS[row]!),
        };
        const { stepTimeS } = replay(cut);
        for (const time of stepTimeS.replayed) expect(Number.isNaN(time) || time >= 0).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});
