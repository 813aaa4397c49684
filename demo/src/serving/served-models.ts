/** The served models of the cluster whose requests are simulated. */
import type { Cluster, Workload } from "../model/cluster.ts";
import type { FaultBook } from "../model/fault-book.ts";
import { demandShare, type ServingProfile } from "../model/load.ts";
import { streamOf } from "../model/noise.ts";
import { ChatReplica } from "./chat-replica.ts";
import { vllmFamilies, vllmPage } from "./vllm-page.ts";

export type ServedModel = {
  readonly name: string;
  readonly serves: "vllm" | "classifier";
  readonly namespace: string;
  readonly container: string;
  readonly profile: ServingProfile;
  readonly stream: number;
  readonly replicas: readonly ServedReplica[];
};

export type ServedReplica = { readonly pod: string; readonly gpus: readonly number[] };

export function servedModels({ gpus, workloads }: Cluster): ServedModel[] {
  return workloads.flatMap((workload): ServedModel[] => {
    const { name, layout } = workload;
    const { serves, profile, namespace, container } = layout;
    if (serves === undefined || profile.kind !== "serving") return [];
    const replicas = workload.stepGroups.map((group) => ({ pod: podOf(gpus[group[0]!], workload), gpus: group }));
    return [{ name, serves, namespace, container, profile, stream: streamOf(name), replicas }];
  });
}

function podOf(gpu: Cluster["gpus"][number] | undefined, { name }: Workload): string {
  if (gpu?.use === undefined) throw new Error(`layout: a replica of ${name} has no pod`);
  return gpu.use.pod;
}

/** By pod: what a replica's counters stand at. */
export type ServingState = Readonly<Record<string, readonly number[]>>;

/** All replicas behind vLLM, moved on together with their GPUs. */
export class ServingFleet {
  readonly models: readonly ServedModel[];
  /** In the order of `models` and their replicas. */
  readonly replicas: readonly ChatReplica[];
  readonly #seed: number;

  constructor(cluster: Cluster, seed: number, state?: ServingState) {
    this.#seed = seed;
    this.models = servedModels(cluster).filter(({ serves }) => serves === "vllm");
    this.replicas = this.models.flatMap(({ stream, replicas }) =>
      replicas.map(({ pod }, replica) => new ChatReplica(seed, stream, replica, state?.[pod])),
    );
  }

  get state(): ServingState {
    const pods = this.models.flatMap(({ replicas }) => replicas.map(({ pod }) => pod));
    return Object.fromEntries(pods.map((pod, i) => [pod, Array.from(this.replicas[i]!.values)]));
  }

  /** `pace` by GPU, as of `toMs`: a replica goes at that of its slowest, and gets the fewer requests the slower it is. */
  advance(toMs: number, seconds: number, book: FaultBook, pace: ArrayLike<number>): void {
    let next = 0;
    for (const { name, profile, stream, replicas } of this.models) {
      const effect = book.effectOnModel(name, toMs);
      const load = demandShare(profile, this.#seed, stream, toMs);
      const paces = replicas.map(({ gpus }) => pace[gpus[0]!]!);
      const together = paces.reduce((sum, each) => sum + each, 0);
      for (const own of paces) {
        const part = together > 0 ? (own / together) * replicas.length : 1;
        this.replicas[next++]!.advance(toMs, seconds, { effect, load, pace: own, part });
      }
    }
  }
}

/** Pods that are model servers, and the page of each. `valuesOf` a replica: by its place in the fleet, at this moment. */
export function modelServers(cluster: Cluster, valuesOf: (replica: number) => Float64Array): Map<string, () => string> {
  const pages = new Map<string, () => string>();
  for (const { name, serves, replicas } of servedModels(cluster)) {
    if (serves !== "vllm") continue;
    const families = vllmFamilies(name);
    for (const { pod } of replicas) {
      const replica = pages.size;
      pages.set(pod, () => vllmPage(families, valuesOf(replica)));
    }
  }
  return pages;
}
