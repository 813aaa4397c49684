import type { Layout } from "../model/layout.ts";
import { CHAT_7B, PRETRAIN_A } from "../model/profiles.ts";

/** Two nodes of three: three GPUs train together, two serve on their own, one is idle. */
export const TINY: Layout = {
  nodes: 2,
  gpusPerNode: 3,
  workloads: [
    {
      name: "job",
      namespace: "training",
      container: "trainer",
      tensorParallel: 1,
      inStep: "job",
      // No pauses: the tests look at single moments.
      profile: { ...PRETRAIN_A, pauseChance: 0, checkpoint: { everySeconds: 86_400, lastsSeconds: 1 } },
      pods: [{ pod: "job-0", node: 1, gpus: [0, 1, 2] }],
    },
    {
      name: "chat",
      namespace: "serving",
      container: "vllm",
      tensorParallel: 1,
      inStep: "tensor-parallel",
      profile: CHAT_7B,
      pods: [
        { pod: "chat-0", node: 2, gpus: [0] },
        { pod: "chat-1", node: 2, gpus: [1] },
      ],
    },
  ],
};
