/** Who is who in a job: ranks, their nodes and GPUs, and what the groups are for. */
import type { GroupKind } from "@lockstep/schemas/domain/operation";

export type TopologyRank = {
  /** In the job. */
  readonly rank: number;
  readonly process: string;
  readonly node: string | undefined;
  /** GPU UUID. */
  readonly gpu: string | undefined;
  /** Of that GPU on its node; absent where not told. */
  readonly gpuIndex?: number | undefined;
};

export type TopologyGroup = {
  readonly id: string;
  readonly kind: GroupKind;
  /** Processes by rank in the communicator; undefined where nothing was heard of that member. */
  readonly processes: readonly (string | undefined)[];
};

/** told: by the source or a topology file. communicator: by the communicator of all. ours: by name, as nothing tells them. */
export type RankNumbering = "told" | "communicator" | "ours";

export type JobTopology = {
  readonly job: string;
  /** By job rank. */
  readonly ranks: readonly TopologyRank[];
  readonly numbering: RankNumbering;
  readonly groups: ReadonlyMap<string, TopologyGroup>;
};
