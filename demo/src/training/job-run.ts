/** One start of a training job: its processes, the hashes of its communicators, the clocks of its nodes. */
import { streamOf, uniform } from "../model/noise.ts";
import type { GroupKind, TrainingJob } from "./job.ts";

export type JobRun = {
  readonly job: TrainingJob;
  readonly startMs: number;
  /** By rank. */
  readonly pids: readonly number[];
  /** By group: "0x5c1b...", as NCCL prints its hash. */
  readonly communicators: readonly string[];
  /** By rank: how far its node's clock is ahead, microseconds. */
  readonly skewUs: readonly number[];
};

/** Clocks that NTP keeps together are this far off, either way. */
const MAX_SKEW_US = 20_000;
const PIDS = 4_000_000;

export function startRun(job: TrainingJob, seed: number, startMs: number): JobRun {
  // Pids count upwards; a node starts its ranks one after another.
  const first = (node: string) => 10_000 + ((Math.floor(startMs / 1000) * 37 + streamOf(node)) % PIDS);
  return {
    job,
    startMs,
    pids: job.gpus.map((gpu) => first(gpu.node) + gpu.gpu * 2),
    communicators: job.groups.map((_, group) => hashOf(seed, job.stream, startMs, group)),
    skewUs: job.gpus.map((gpu) => Math.round(MAX_SKEW_US * (2 * uniform(seed, 6300, streamOf(gpu.node)) - 1))),
  };
}

function hashOf(seed: number, stream: number, startMs: number, group: number): string {
  const start = Math.floor(startMs / 1000);
  const high = Math.floor(uniform(seed ^ stream, start, 2 * group) * 2 ** 24);
  const low = Math.floor(uniform(seed ^ stream, start, 2 * group + 1) * 2 ** 32);
  return `0x${high.toString(16)}${low.toString(16).padStart(8, "0")}`;
}

/** As Megatron has PyTorch name its groups. */
export const GROUP_NAMES: Readonly<Record<GroupKind, string>> = {
  TP: "TENSOR_MODEL_PARALLEL_GROUP",
  PP: "PIPELINE_MODEL_PARALLEL_GROUP",
  DP: "DATA_PARALLEL_GROUP_WITH_CP",
  WORLD: "default_pg",
};

/** "node-05/41170": whose records they are, as a reader of them names it. */
export function processOf({ job, pids }: JobRun, rank: number): string {
  return `${job.gpus[rank]!.node}/${pids[rank]}`;
}
