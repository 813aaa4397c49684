import { GpuMapping } from "@lockstep/analysis/gpu/gpu-mapping";
import { expect, test } from "vitest";
import { GpuInventory, nodeKey } from "./gpu-inventory.ts";

const uuid = (gpu: number) => `GPU-00000000-0000-0000-0000-00000000000${gpu}`;

function labels(gpu: number, more: Record<string, string> = {}): Map<string, string> {
  const own = { __name__: "DCGM_FI_DEV_SM_CLOCK", UUID: uuid(gpu), gpu: String(gpu), Hostname: "node-1.cluster.local" };
  return new Map(Object.entries({ ...own, ...more }));
}

/** Not in the order of their numbers. */
function inventory(gpus: readonly number[], more: (gpu: number) => Record<string, string> = () => ({})): GpuInventory {
  const found = new GpuInventory();
  for (const gpu of gpus) found.add(labels(gpu, more(gpu)));
  return found;
}

const ranks = (...numbers: number[]) => numbers.map((rank) => ({ rank, node: "NODE-1", gpu: undefined }));

test("as many GPUs as ranks: in order", () => {
  expect(inventory([3, 1, 0, 2]).gpusOf("a", ranks(6, 4, 7, 5))).toEqual([uuid(2), uuid(0), uuid(3), uuid(1)]);
});

test("fewer ranks than GPUs: nobody knows, except where labels or the mapping name the job", () => {
  expect(inventory([0, 1, 2, 3]).gpusOf("a", ranks(0, 1))).toEqual([undefined, undefined]);
  const labelled = inventory([0, 1, 2, 3], (gpu) => (gpu >= 2 ? { hpc_job: "a" } : { hpc_job: "b" }));
  expect(labelled.gpusOf("a", ranks(0, 1))).toEqual([uuid(2), uuid(3)]);
  const mapped = new GpuInventory();
  const mapping = new GpuMapping([{ gpu: uuid(3), job: "a" }]);
  for (const gpu of [0, 1, 2, 3]) mapped.add(labels(gpu), mapping);
  expect(mapped.gpusOf("a", ranks(0))).toEqual([uuid(3)]);
});

test("a GPU that is told stands, and other nodes' GPUs are nobody's here", () => {
  const told = { rank: 0, node: "node-1", gpu: "GPU-told" };
  expect(inventory([0]).gpusOf("a", [told, { rank: 1, node: "node-2", gpu: undefined }])).toEqual([
    "GPU-told",
    undefined,
  ]);
});

test("names of nodes with and without their domain are the same, addresses are whole", () => {
  expect(["Node-1.a.b", "node-1", "10.0.0.1", "fe80::1"].map(nodeKey)).toEqual([
    "node-1",
    "node-1",
    "10.0.0.1",
    "fe80::1",
  ]);
});
