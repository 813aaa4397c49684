/** A training job of the simulated cluster: its ranks on their GPUs, and the communicators they work in. */
import type { Cluster, Gpu, Workload } from "../model/cluster.ts";
import type { TrainingProfile } from "../model/load.ts";
import { streamOf } from "../model/noise.ts";

export type GroupKind = "TP" | "PP" | "DP" | "WORLD";

export type Group = {
  readonly kind: GroupKind;
  /** "tp-0-3", as people would name it; the communicator's hash is made anew at each start of the job. */
  readonly name: string;
  /** Job ranks by rank in the communicator. */
  readonly members: readonly number[];
  readonly nodes: number;
};

export type TrainingJob = {
  readonly name: string;
  readonly profile: TrainingProfile;
  readonly tensor: number;
  readonly pipeline: number;
  readonly data: number;
  /** By job rank. */
  readonly gpus: readonly Gpu[];
  readonly groups: readonly Group[];
  /** [stage * data + replica], index into `groups`; empty without tensor parallelism. */
  readonly tensorGroups: readonly number[];
  /** [replica * tensor + place]; empty without a pipeline. */
  readonly pipelineGroups: readonly number[];
  /** [stage * tensor + place]; empty without data parallelism. */
  readonly dataGroups: readonly number[];
  readonly worldGroup: number;
  /** Of its random numbers. */
  readonly stream: number;
};

/** Tensor counts fastest, then data, then pipeline: Megatron's order. */
export function rankAt(
  { tensor, data }: Pick<TrainingJob, "tensor" | "data">,
  stage: number,
  replica: number,
  place: number,
) {
  return place + tensor * (replica + data * stage);
}

export function stageOf({ tensor, data }: TrainingJob, rank: number): number {
  return Math.floor(rank / (tensor * data));
}

export function replicaOf({ tensor, data }: TrainingJob, rank: number): number {
  return Math.floor(rank / tensor) % data;
}

/** The training jobs of a cluster. Throws where a job's GPUs cannot be cut into its tensor and pipeline groups. */
export function trainingJobs(cluster: Cluster): TrainingJob[] {
  return cluster.workloads.flatMap((workload) => {
    const { profile } = workload.layout;
    return profile.kind === "training" ? [trainingJob(cluster, workload, profile)] : [];
  });
}

function trainingJob(cluster: Cluster, workload: Workload, profile: TrainingProfile): TrainingJob {
  const { name, layout } = workload;
  const gpus = workload.gpus.map((index) => cluster.gpus[index]!);
  const { tensorParallel: tensor, pipelineParallel: pipeline = 1 } = layout;
  const data = gpus.length / tensor / pipeline;
  if (!Number.isInteger(data)) {
    throw new Error(
      `layout: the ${gpus.length} GPUs of ${name} make no whole number of replicas of ${tensor} x ${pipeline}`,
    );
  }
  const groups: Group[] = [];
  const add = (kind: GroupKind, groupName: string, members: number[]): number[] => {
    if (members.length < 2) return [];
    const nodes = new Set(members.map((rank) => gpus[rank]!.node)).size;
    return [groups.push({ kind, name: groupName, members, nodes }) - 1];
  };
  const dims = { tensor, data };
  const tensorGroups = grid(pipeline, data).flatMap(([s, d]) =>
    add(
      "TP",
      `tp-${s}-${d}`,
      range(tensor).map((t) => rankAt(dims, s, d, t)),
    ),
  );
  const pipelineGroups = grid(data, tensor).flatMap(([d, t]) =>
    add(
      "PP",
      `pp-${d}-${t}`,
      range(pipeline).map((s) => rankAt(dims, s, d, t)),
    ),
  );
  const dataGroups = grid(pipeline, tensor).flatMap(([s, t]) =>
    add(
      "DP",
      `dp-${s}-${t}`,
      range(data).map((d) => rankAt(dims, s, d, t)),
    ),
  );
  const worldGroup = add("WORLD", "world", range(gpus.length))[0] ?? -1;
  return {
    name,
    profile,
    tensor,
    pipeline,
    data,
    gpus,
    groups,
    tensorGroups,
    pipelineGroups,
    dataGroups,
    worldGroup,
    stream: streamOf(name),
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function grid(rows: number, columns: number): [number, number][] {
  return range(rows).flatMap((row) => range(columns).map((column): [number, number] => [row, column]));
}
