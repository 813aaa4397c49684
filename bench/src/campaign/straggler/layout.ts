/** How a job's ranks are laid out: who computes with whom, and who shares a node. */
import type { Communicator } from "@lockstep/analysis/straggler/job-window";

export type Layout = {
  readonly name: string;
  readonly tensor: number;
  readonly pipeline: number;
  readonly data: number;
  readonly ranksPerNode: number;
  readonly microBatches: number;
};

/** From one data-parallel group to 512 nodes. Tensor groups stay inside a node, as everywhere. */
export const layouts: readonly Layout[] = [
  { name: "8 = DP8", tensor: 1, pipeline: 1, data: 8, ranksPerNode: 4, microBatches: 4 },
  { name: "32 = TP2 PP4 DP4", tensor: 2, pipeline: 4, data: 4, ranksPerNode: 4, microBatches: 8 },
  { name: "64 = TP4 PP2 DP8", tensor: 4, pipeline: 2, data: 8, ranksPerNode: 8, microBatches: 8 },
  { name: "256 = TP8 PP4 DP8", tensor: 8, pipeline: 4, data: 8, ranksPerNode: 8, microBatches: 8 },
  { name: "1,024 = TP8 PP4 DP32", tensor: 8, pipeline: 4, data: 32, ranksPerNode: 8, microBatches: 8 },
  { name: "4,096 = TP8 PP8 DP64", tensor: 8, pipeline: 8, data: 64, ranksPerNode: 8, microBatches: 16 },
];

export function rankCount({ tensor, pipeline, data }: Layout): number {
  return tensor * pipeline * data;
}

/** Tensor counts fastest, then data, then pipeline: Megatron's default order. */
export function rankAt({ tensor, data }: Layout, stage: number, replica: number, place: number): number {
  return place + tensor * (replica + data * stage);
}

export function stageOf({ tensor, data }: Layout, rank: number): number {
  return Math.floor(rank / (tensor * data));
}

export function replicaOf({ tensor, data }: Layout, rank: number): number {
  return Math.floor(rank / tensor) % data;
}

export function nodeOf({ ranksPerNode }: Layout, rank: number): number {
  return Math.floor(rank / ranksPerNode);
}

export function nodeName(node: number): string {
  return `node-${String(node).padStart(3, "0")}`;
}

export function ranksOfNode(layout: Layout, node: number): number[] {
  return Array.from({ length: layout.ranksPerNode }, (_, i) => node * layout.ranksPerNode + i);
}

export function ranksOfStage(layout: Layout, stage: number): number[] {
  return Array.from({ length: rankCount(layout) }, (_, rank) => rank).filter((rank) => stageOf(layout, rank) === stage);
}

export type Group = {
  readonly id: string;
  readonly kind: Communicator["kind"];
  readonly members: readonly number[];
  readonly crossesNodes: boolean;
};

/** Groups by what the engine looks them up with; a group of one has no operations. */
export type Groups = {
  readonly all: readonly Group[];
  /** [stage * data + replica], index into `all`; empty where there is no tensor parallelism. */
  readonly tensor: Int32Array;
  /** [(stage * data + replica) * tensor + place], of the stage and the next one. */
  readonly pipeline: Int32Array;
  /** [stage * tensor + place]. */
  readonly data: Int32Array;
};

export function groupsOf(layout: Layout): Groups {
  const all: Group[] = [];
  const add = (kind: Group["kind"], id: string, members: number[]): number => {
    const nodes = new Set(members.map((rank) => nodeOf(layout, rank)));
    return all.push({ id, kind, members, crossesNodes: nodes.size > 1 }) - 1;
  };
  const range = (n: number) => Array.from({ length: n }, (_, i) => i);
  const at = (stage: number, replica: number, place: number) => rankAt(layout, stage, replica, place);
  const { tensor: tp, pipeline: pp, data: dp } = layout;
  const tensor: number[] = [];
  const pipeline: number[] = [];
  const data: number[] = [];
  for (let p = 0; p < pp; p++) {
    for (let d = 0; d < dp; d++) {
      if (tp > 1)
        tensor.push(
          add(
            "TP",
            `tp-${p}-${d}`,
            range(tp).map((t) => at(p, d, t)),
          ),
        );
      if (p + 1 === pp) continue;
      for (const t of range(tp)) pipeline.push(add("PP", `pp-${p}-${d}-${t}`, [at(p, d, t), at(p + 1, d, t)]));
    }
    if (dp > 1)
      for (const t of range(tp))
        data.push(
          add(
            "DP",
            `dp-${p}-${t}`,
            range(dp).map((d) => at(p, d, t)),
          ),
        );
  }
  return { all, tensor: Int32Array.from(tensor), pipeline: Int32Array.from(pipeline), data: Int32Array.from(data) };
}
