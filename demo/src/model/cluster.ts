/** The simulated cluster as plain data: nodes, GPUs, who uses them, and in which groups they work. */
import type { Layout, WorkloadLayout } from "./layout.ts";

export const MODEL_NAME = "NVIDIA H100 80GB HBM3";
export const DRIVER_VERSION = "570.124.06";
/** What a node's exporter would listen on; the `instance` of its series. */
export const EXPORTER_PORT = 9400;

export type Pod = { readonly pod: string; readonly namespace: string; readonly container: string };

export type Gpu = {
  /** Place in `Cluster.gpus`. */
  readonly index: number;
  readonly node: string;
  /** Number on its node, as nvidia-smi counts. */
  readonly gpu: number;
  readonly uuid: string;
  readonly pciBusId: string;
  readonly device: string;
  readonly modelName: string;
  /** Absent on an idle GPU. */
  readonly use?: Pod & { readonly workload: string; readonly rank: number };
};

export type Node = { readonly name: string; readonly instance: string; readonly gpus: readonly Gpu[] };

export type Workload = {
  readonly name: string;
  readonly kind: "training" | "serving";
  readonly layout: WorkloadLayout;
  /** Indices into `Cluster.gpus` in rank order. */
  readonly gpus: readonly number[];
  /** The same, cut into groups that exchange tensors in every layer. */
  readonly tensorParallelGroups: readonly (readonly number[])[];
  /** The same, cut into groups that wait for each other at every step. */
  readonly stepGroups: readonly (readonly number[])[];
};

export type Cluster = {
  readonly nodes: readonly Node[];
  readonly gpus: readonly Gpu[];
  readonly workloads: readonly Workload[];
};

/** Bus numbers of the eight GPUs of an HGX board. */
const BUSES = ["1B", "43", "52", "61", "9D", "C3", "D1", "DF"];

/** Nodes are named node-01, node-02, ... Throws where two pods of `layout` claim one GPU, or one that is not there. */
export function describeCluster(layout: Layout): Cluster {
  const uses = placePods(layout);
  const nodes = Array.from({ length: layout.nodes }, (_, n): Node => {
    const name = nodeName(n + 1);
    const gpus = Array.from({ length: layout.gpusPerNode }, (_, gpu) => describeGpu(layout, uses, n, gpu));
    return { name, instance: `${name}:${EXPORTER_PORT}`, gpus };
  });
  const gpus = nodes.flatMap((node) => node.gpus);
  return { nodes, gpus, workloads: layout.workloads.map((workload) => describeWorkload(workload, gpus)) };
}

function nodeName(number: number): string {
  return `node-${String(number).padStart(2, "0")}`;
}

function describeGpu(layout: Layout, uses: ReadonlyMap<number, Gpu["use"]>, node: number, gpu: number): Gpu {
  const index = node * layout.gpusPerNode + gpu;
  const use = uses.get(index);
  const description: Gpu = {
    index,
    node: nodeName(node + 1),
    gpu,
    // Zeros where a real one has random digits: nobody takes it for a GPU that exists.
    uuid: `GPU-00000000-0000-0000-${String(node + 1).padStart(4, "0")}-${String(gpu).padStart(12, "0")}`,
    pciBusId: `00000000:${BUSES[gpu % BUSES.length]}:00.0`,
    device: `nvidia${gpu}`,
    modelName: MODEL_NAME,
  };
  return use === undefined ? description : { ...description, use };
}

function placePods(layout: Layout): Map<number, Gpu["use"]> {
  const uses = new Map<number, Gpu["use"]>();
  for (const { name: workload, namespace, container, pods } of layout.workloads) {
    let rank = 0;
    for (const { pod, node, gpus } of pods) {
      for (const gpu of gpus) {
        const index = (node - 1) * layout.gpusPerNode + gpu;
        if (node < 1 || node > layout.nodes || gpu < 0 || gpu >= layout.gpusPerNode || uses.has(index)) {
          throw new Error(`layout: GPU ${gpu} of node ${node} for pod ${pod} is not there or taken`);
        }
        uses.set(index, { workload, pod, namespace, container, rank: rank++ });
      }
    }
  }
  return uses;
}

function describeWorkload(layout: WorkloadLayout, all: readonly Gpu[]): Workload {
  const gpus = all
    .filter((gpu) => gpu.use?.workload === layout.name)
    .sort((a, b) => a.use!.rank - b.use!.rank)
    .map((gpu) => gpu.index);
  const tensorParallelGroups = cut(gpus, layout.tensorParallel);
  return {
    name: layout.name,
    kind: layout.profile.kind,
    layout,
    gpus,
    tensorParallelGroups,
    stepGroups: layout.inStep === "job" ? [gpus] : tensorParallelGroups,
  };
}

function cut(ranks: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.ceil(ranks.length / size) }, (_, i) => ranks.slice(i * size, (i + 1) * size));
}
