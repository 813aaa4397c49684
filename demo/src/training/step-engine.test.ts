import { describe, expect, test } from "vitest";
import { describeCluster } from "../model/cluster.ts";
import { DEFAULT_LAYOUT } from "../model/layout.ts";
import { type TrainingJob, trainingJobs } from "./job.ts";
import { type Conditions, type RankOperation, StepEngine } from "./step-engine.ts";

const START = Date.UTC(2026, 10, 18, 9);
const [pretrain, finetune] = trainingJobs(describeCluster(DEFAULT_LAYOUT)) as [TrainingJob, TrainingJob];

function usual({ gpus }: TrainingJob): Conditions {
  const filled = (value: number) => new Float64Array(gpus.length).fill(value);
  const stopped = new Uint8Array(gpus.length);
  const none = { stall: filled(0), slack: filled(0), sequenceCv: 0, stopped };
  return { work: filled(1), nic: filled(1), nvlink: filled(1), ...none };
}

function meanStepUs(job: TrainingJob, conditions: Conditions): number {
  const engine = new StepEngine(job, 7, START);
  for (let step = 0; step < 20; step++) engine.step(conditions);
  return (engine.endUs - START * 1000) / 20;
}

describe("trainingJobs", () => {
  test("the two of the default cluster: TP4 x PP2 x DP8 and TP2 x DP12", () => {
    expect([pretrain, finetune].map(({ tensor, pipeline, data }) => [tensor, pipeline, data])).toEqual([
      [4, 2, 8],
      [2, 1, 12],
    ]);
    const sizes = Map.groupBy(pretrain.groups, ({ kind }) => kind);
    expect([...sizes].map(([kind, groups]) => [kind, groups.length, groups[0]?.members.length])).toEqual([
      ["TP", 16, 4],
      ["PP", 32, 2],
      ["DP", 8, 8],
      ["WORLD", 1, 64],
    ]);
    for (const { kind, nodes } of pretrain.groups) expect(nodes === 1).toBe(kind === "TP");
    expect(pretrain.gpus[35]).toMatchObject({ node: "node-05", gpu: 3 });
  });
});

describe("StepEngine", () => {
  test.each([
    ["pretrain-a", pretrain],
    ["finetune-b", finetune],
  ])("%s: a step of a healthy job takes what its profile says, within 5 %%", (_, job) => {
    const share = meanStepUs(job, usual(job)) / (job.profile.stepSeconds * 1e6);
    expect(Math.abs(share - 1)).toBeLessThan(0.05);
  });

  test("members of an operation leave it together, and sequence numbers count without a gap", () => {
    const engine = new StepEngine(pretrain, 7, START);
    const ends = new Map<string, number>();
    const counts = new Map<string, number>();
    for (let step = 0; step < 3; step++) {
      for (const { rank, group, collective, peer, seq, endUs } of engine.step(usual(pretrain))) {
        const own = `${group} ${collective} ${rank}`;
        expect(seq).toBe(counts.get(own) ?? 0);
        counts.set(own, seq + 1);
        if (peer !== undefined) continue;
        const key = `${group} ${collective} ${seq}`;
        expect(ends.get(key) ?? endUs).toBe(endUs);
        ends.set(key, endUs);
      }
    }
  });

  test("a slow rank is last everywhere, so its own operations are the shortest, and the step is longer by its work", () => {
    const slow = usual(pretrain);
    slow.work[35] = 1.3;
    const engine = new StepEngine(pretrain, 7, START);
    const operations = engine.step(slow);
    const tensor = operations.filter(({ group }) => pretrain.groups[group]!.members.includes(35));
    const mean = (own: boolean) => {
      const some = tensor.filter(
        ({ rank, group, collective }) =>
          collective === "AllReduce" && pretrain.groups[group]!.kind === "TP" && (rank === 35) === own,
      );
      return some.reduce((sum, { startUs, endUs }) => sum + endUs - startUs, 0) / some.length;
    };
    expect(mean(true)).toBeLessThan(0.25 * mean(false));
    const longer = meanStepUs(pretrain, slow) / meanStepUs(pretrain, usual(pretrain));
    // The other stage fills and drains the pipeline at its own pace.
    expect(longer).toBeGreaterThan(1.15);
    expect(longer).toBeLessThan(1.3);
  });

  test("a rank that stopped enters nothing; all others enter something that never ends", () => {
    const conditions = usual(finetune);
    const engine = new StepEngine(finetune, 7, START);
    engine.step(conditions);
    conditions.stopped[2] = 1;
    const operations = engine.step(conditions);
    expect(engine.endUs).toBe(Number.POSITIVE_INFINITY);
    const open = (rank: number) =>
      operations.filter((one: RankOperation) => one.rank === rank && one.endUs === Infinity);
    for (const rank of finetune.gpus.keys()) expect(open(rank)).toHaveLength(rank === 2 ? 0 : 1);
    expect(operations.some(({ rank }) => rank === 2)).toBe(false);
  });
});
