import { groupKindOfName } from "@lockstep/formats/collective-lines/group-kind-of-name";
import { describe, expect, test } from "vitest";
import { foldJob } from "../fold/testdata/folded-job.ts";
import { type TrainingJob, trainingJob } from "../fold/testdata/training-job.ts";
import { inferTopology } from "./infer-topology.ts";
import { readTopologyFile, TopologyFileError } from "./topology-file.ts";

function rowsOf(job: Partial<TrainingJob>) {
  return foldJob(trainingJob({ tp: 2, pp: 2, dp: 4, steps: 5, ...job })).rows;
}

function kindsOf(job: Partial<TrainingJob>): Record<string, string> {
  const kinds: Record<string, string> = {};
  for (const { id, kind } of inferTopology(rowsOf(job)).groups.values()) kinds[id.split("-")[0]!] = kind;
  return kinds;
}

describe("kinds by membership alone", () => {
  test.each<[string, Partial<TrainingJob>, Record<string, string>]>([
    ["three dimensions", {}, { tp: "TP", pp: "PP", dp: "DP" }],
    ["a group of all", { gradNorm: true }, { tp: "TP", pp: "PP", dp: "DP", world: "WORLD" }],
    ["groups of first and last stage have none", { embedding: true }, { tp: "TP", pp: "PP", dp: "DP", embedding: "?" }],
    ["all in one node", { perNode: 64 }, { tp: "TP", pp: "PP", dp: "DP" }],
    ["data parallel only", { tp: 1, pp: 1, dp: 8 }, { dp: "WORLD" }],
    ["no tensor parallelism", { tp: 1 }, { pp: "PP", dp: "DP" }],
    ["no data parallelism", { dp: 1, pp: 4, layers: 8 }, { tp: "TP", pp: "PP" }],
  ])("%s", (_, job, kinds) => {
    expect(kindsOf(job)).toEqual(kinds);
  });
});

describe("ranks", () => {
  test("of no communicator of all are numbered by us", () => {
    const { numbering, ranks } = inferTopology(rowsOf({}));
    expect(numbering).toBe("ours");
    expect(ranks.map(({ rank }) => rank)).toEqual(Array.from({ length: 16 }, (_, rank) => rank));
  });

  test("are those of the communicator of all", () => {
    const { numbering, ranks } = inferTopology(rowsOf({ gradNorm: true }));
    expect(numbering).toBe("communicator");
    expect(ranks[9]).toEqual({ rank: 9, process: "node-1/1009", node: "node-1", gpu: undefined });
  });

  test("of a topology file win, with node and GPU", () => {
    const ranks = readTopologyFile("topology.json", {
      ranks: Array.from({ length: 16 }, (_, i) => ({
        rank: 15 - i,
        process: `node-${i >> 3}/${1000 + i}`,
        gpu: `GPU-${i}`,
        node: `rack/${i >> 3}`,
      })),
    });
    const topology = inferTopology(rowsOf({ gradNorm: true }), { ranks });
    expect(topology.numbering).toBe("told");
    expect(topology.ranks[0]).toEqual({ rank: 0, process: "node-1/1015", node: "rack/1", gpu: "GPU-15" });
  });

  test("names and RAS add what rows do not tell", () => {
    const rows = rowsOf({ gradNorm: true, embedding: true }).filter(
      (row) => row.communicator !== "world" || row.rank !== 3,
    );
    const topology = inferTopology(rows, {
      names: new Map([["dp-0-0", "EXPERT_MODEL_PARALLEL_GROUP"]]),
      members: new Map([["world", new Map([[3, "node-0/1003"]])]]),
      gpus: new Map([["node-0/1003", "GPU-3"]]),
    });
    expect(topology.groups.get("dp-0-0")!.kind).toBe("EP");
    expect(topology.groups.get("world")!.processes[3]).toBe("node-0/1003");
    expect(topology.ranks[3]!.gpu).toBe("GPU-3");
  });
});

test.each([
  ["TENSOR_MODEL_PARALLEL_GROUP", "TP"],
  ["PIPELINE_MODEL_PARALLEL_GROUP", "PP"],
  ["DATA_PARALLEL_GROUP_WITH_CP", "DP"],
  ["INTRA_PARTIAL_DATA_PARALLEL_GROUP_WITH_CP", "DP"],
  ["CONTEXT_PARALLEL_GROUP", "CP"],
  ["EXPERT_MODEL_PARALLEL_GROUP", "EP"],
  ["EXPERT_TENSOR_PARALLEL_GROUP", "TP"],
  ["EXPERT_DATA_PARALLEL_GROUP", "DP"],
  ["TENSOR_AND_DATA_PARALLEL_GROUP", "?"],
  ["MODEL_PARALLEL_GROUP", "?"],
  ["EMBEDDING_GROUP", "?"],
  ["default_pg", "WORLD"],
  ["mesh_tp", "TP"],
  ["mesh_dp_shard", "DP"],
  ["undefined", "?"],
])("%s is %s", (name, kind) => {
  expect(groupKindOfName(name)).toBe(kind);
});

test.each([
  [[], "ranks: found nothing"],
  [{ ranks: [{ rank: -1 }] }, "ranks[0].rank: found -1"],
  [{ ranks: [{ rank: 1 }, { rank: 1 }] }, "ranks[1].rank: found 1, expected each rank once"],
  [{ ranks: [{ rank: 1, gpu: 7 }] }, "ranks[0].gpu: found 7"],
])("a topology file of %j is refused", (json, message) => {
  expect(() => readTopologyFile("t.json", json)).toThrow(TopologyFileError);
  expect(() => readTopologyFile("t.json", json)).toThrow(message);
});
