/** What runs where on the simulated cluster. `pods` lists, in rank order, the GPUs of each pod on one node. */
import type { ServingProfile, TrainingProfile } from "./load.ts";
import { CHAT_7B, CHAT_70B, EMBED, FINETUNE_B, FRAUD_SCORE, PRETRAIN_A } from "./profiles.ts";

export type PodPlacement = { readonly pod: string; readonly node: number; readonly gpus: readonly number[] };

export type WorkloadLayout = {
  readonly name: string;
  readonly namespace: string;
  readonly container: string;
  /** Ranks that exchange tensors in every layer; they stand next to each other in rank order. */
  readonly tensorParallel: number;
  /** Stages that a training job's layers are cut into; 1 where absent. */
  readonly pipelineParallel?: number;
  /** GPUs that wait for each other at every step: a whole training job, or one replica of a served model. */
  readonly inStep: "job" | "tensor-parallel";
  readonly profile: TrainingProfile | ServingProfile;
  /** Of a served model whose requests are simulated too: behind vLLM, or a classifier that sends what it was given and said. */
  readonly serves?: "vllm" | "classifier";
  readonly pods: readonly PodPlacement[];
};

export type Layout = {
  readonly nodes: number;
  readonly gpusPerNode: number;
  readonly workloads: readonly WorkloadLayout[];
};

const ALL = [0, 1, 2, 3, 4, 5, 6, 7];

/** One pod a node on whole nodes, `first` counted from 1 as the nodes are named. */
function wholeNodes(name: (index: number) => string, first: number, count: number): PodPlacement[] {
  return Array.from({ length: count }, (_, i) => ({ pod: name(i), node: first + i, gpus: ALL }));
}

/** One pod a GPU. */
function oneEach(name: (index: number) => string, node: number, gpus: readonly number[]): PodPlacement[] {
  return gpus.map((gpu, i) => ({ pod: name(i), node, gpus: [gpu] }));
}

/** 16 nodes of 8: 64 and 24 GPUs train, 16 + 12 + 6 + 2 serve, four are idle. */
export const DEFAULT_LAYOUT: Layout = {
  nodes: 16,
  gpusPerNode: 8,
  workloads: [
    {
      name: "pretrain-a",
      namespace: "training",
      container: "trainer",
      tensorParallel: 4,
      pipelineParallel: 2,
      inStep: "job",
      profile: PRETRAIN_A,
      pods: wholeNodes((i) => `pretrain-a-worker-${i}`, 1, 8),
    },
    {
      name: "finetune-b",
      namespace: "training",
      container: "trainer",
      tensorParallel: 2,
      inStep: "job",
      profile: FINETUNE_B,
      pods: wholeNodes((i) => `finetune-b-worker-${i}`, 9, 3),
    },
    {
      name: "chat-70b",
      namespace: "serving",
      container: "vllm",
      tensorParallel: 16,
      inStep: "tensor-parallel",
      profile: CHAT_70B,
      pods: wholeNodes((i) => (i === 0 ? "chat-70b-0" : `chat-70b-0-${i}`), 12, 2),
    },
    {
      name: "chat-7b",
      namespace: "serving",
      container: "vllm",
      tensorParallel: 4,
      inStep: "tensor-parallel",
      profile: CHAT_7B,
      serves: "vllm",
      pods: [
        { pod: "chat-7b-0", node: 14, gpus: [0, 1, 2, 3] },
        { pod: "chat-7b-1", node: 14, gpus: [4, 5, 6, 7] },
        { pod: "chat-7b-2", node: 16, gpus: [0, 1, 2, 3] },
      ],
    },
    {
      name: "embed",
      namespace: "serving",
      container: "triton",
      tensorParallel: 1,
      inStep: "tensor-parallel",
      profile: EMBED,
      pods: oneEach((i) => `embed-${i}`, 15, [0, 1, 2, 3, 4, 5]),
    },
    {
      name: "fraud-score",
      namespace: "serving",
      container: "triton",
      tensorParallel: 1,
      inStep: "tensor-parallel",
      profile: FRAUD_SCORE,
      serves: "classifier",
      pods: oneEach((i) => `fraud-score-${i}`, 16, [4, 5]),
    },
  ],
};
