import { compareNatural } from "./assemble.ts";
import { type Gpu, shownValue } from "./gpu.ts";
import type { Shown } from "./quantities.ts";

export const GROUPINGS = ["node", "namespace", "pod", "model"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Every word must occur in something that names the GPU. */
export function filterGpus(gpus: readonly Gpu[], filter: string): readonly Gpu[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return gpus;
  return gpus.filter((gpu) => {
    const text = `${gpu.node} gpu ${gpu.index ?? ""} gpu${gpu.index ?? ""} ${gpu.uuid} ${gpu.model ?? ""} ${gpu.namespace ?? ""} ${gpu.pod ?? ""} ${gpu.container ?? ""} ${gpu.state}`;
    const lower = text.toLowerCase();
    return words.every((word) => lower.includes(word));
  });
}

export type GpuGroup = { readonly label: string; readonly gpus: readonly Gpu[] };

/** Groups in natural order; what belongs to none comes last. */
export function groupGpus(gpus: readonly Gpu[], grouping: Grouping): GpuGroup[] {
  const groups = Map.groupBy(gpus, (gpu) => groupOf(gpu, grouping));
  return [...groups]
    .sort(([a], [b]) => Number(a === null) - Number(b === null) || compareNatural(a ?? "", b ?? ""))
    .map(([label, members]) => ({ label: label ?? NO_GROUP[grouping], gpus: members }));
}

const NO_GROUP: Readonly<Record<Grouping, string>> = {
  node: "no node",
  namespace: "no pod",
  pod: "no pod",
  model: "model not told",
};

function groupOf(gpu: Gpu, grouping: Grouping): string | null {
  switch (grouping) {
    case "node":
      return gpu.node;
    case "namespace":
      return gpu.namespace;
    case "pod":
      return gpu.pod === null ? null : `${gpu.namespace ?? ""}/${gpu.pod}`;
    case "model":
      return gpu.model;
  }
}

export type Selection = { readonly low: number; readonly high: number };

/** Whether a GPU's value lies in the brushed part; unknown values never do. */
export function isSelected(gpu: Gpu, shown: Shown, selection: Selection | null): boolean {
  if (selection === null) return true;
  const value = shownValue(gpu, shown);
  return value !== null && value >= selection.low && value <= selection.high;
}
