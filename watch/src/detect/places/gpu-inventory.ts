/** Which GPUs a node has, by what their exporters say, and which of them a job's ranks use. */
import type { GpuMapping } from "@lockstep/analysis/gpu/gpu-mapping";
import { gpuOf } from "@lockstep/analysis/gpu/identity";
import { workloadOf } from "@lockstep/analysis/gpu/workload-labels";

type Gpu = { readonly uuid: string; readonly index: number; readonly users: Set<string> };

/** GPUs by node and UUID; a plain value, which another thread can be given. */
export type NodeGpus = ReadonlyMap<string, ReadonlyMap<string, Gpu>>;

type Placed = { readonly rank: number; readonly node: string | undefined; readonly gpu: string | undefined };

export class GpuInventory {
  readonly #nodes = new Map<string, Map<string, Gpu>>();

  constructor(nodes: NodeGpus = new Map()) {
    for (const [node, gpus] of nodes) this.#nodes.set(node, new Map(gpus));
  }

  get nodes(): NodeGpus {
    return this.#nodes;
  }

  /** Of one GPU, as a sample of it has them; instances of a GPU are left out, no rank of a training job runs on one of several. */
  add(labels: ReadonlyMap<string, string>, mapping?: GpuMapping): void {
    const gpu = gpuOf(labels);
    if (gpu?.uuid === undefined || gpu.node === undefined || gpu.index === undefined || gpu.mig !== undefined) return;
    const node = nodeKey(gpu.node);
    const gpus = this.#nodes.get(node) ?? new Map<string, Gpu>();
    this.#nodes.set(node, gpus);
    const found = gpus.get(gpu.uuid) ?? { uuid: gpu.uuid, index: gpu.index, users: new Set() };
    gpus.set(gpu.uuid, found);
    const workload = workloadOf(labels);
    const mapped = mapping?.of(gpu);
    for (const user of [mapped?.job, mapped?.pod, workload?.job, workload?.pod])
      if (user !== undefined) found.users.add(user);
  }

  /**
   * UUIDs of the ranks' GPUs, those known already as they are. On a node with as many GPUs as ranks (of the job's own GPUs,
   * where labels or the mapping file say which those are) the ranks use them in order, as launchers have it; undefined where
   * the numbers differ.
   */
  gpusOf(job: string, ranks: readonly Placed[]): (string | undefined)[] {
    const gpus = ranks.map(({ gpu }) => gpu);
    const byNode = new Map<string, number[]>();
    for (const [at, { node, gpu }] of ranks.entries()) {
      if (node === undefined || gpu !== undefined) continue;
      const key = nodeKey(node);
      const places = byNode.get(key);
      if (places) places.push(at);
      else byNode.set(key, [at]);
    }
    for (const [node, places] of byNode) {
      const used = this.#usedBy(job, node, places.length);
      if (used === undefined) continue;
      places.sort((a, b) => ranks[a]!.rank - ranks[b]!.rank);
      for (const [place, at] of places.entries()) gpus[at] = used[place]!.uuid;
    }
    return gpus;
  }

  /** Of a GPU on its node; undefined where its exporter was not heard. */
  indexOf(node: string | undefined, uuid: string): number | undefined {
    return node === undefined ? undefined : this.#nodes.get(nodeKey(node))?.get(uuid)?.index;
  }

  #usedBy(job: string, node: string, count: number): readonly Gpu[] | undefined {
    const all = [...(this.#nodes.get(node)?.values() ?? [])].sort((a, b) => a.index - b.index);
    const own = all.filter(({ users }) => users.has(job));
    if (own.length === count) return own;
    return own.length === 0 && all.length === count ? all : undefined;
  }
}

/** Traces have a host's short name where exporters have the long one, or the other way round; addresses have no short form. */
export function nodeKey(node: string): string {
  const name = node.toLowerCase();
  return /^[\d.]+$/.test(name) || name.includes(":") ? name : name.replace(/\..*$/, "");
}
