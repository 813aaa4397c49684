import { ConfigError } from "../config-error.ts";
import { DRIVER_VERSION, type Gpu } from "../model/cluster.ts";
import type { CountersFile } from "./counters-csv.ts";

const LABEL_VALUES: Readonly<Record<string, string>> = { DCGM_FI_DRIVER_VERSION: DRIVER_VERSION };

/** The labels dcgm-exporter (3.3.9 and later) puts on the series of a GPU, in its order; those of a pod only in use. */
export function gpuLabels(gpu: Gpu, file: CountersFile): [string, string][] {
  const labels: [string, string][] = [
    ["gpu", String(gpu.gpu)],
    ["UUID", gpu.uuid],
    ["pci_bus_id", gpu.pciBusId],
    ["device", gpu.device],
    ["modelName", gpu.modelName],
    ["Hostname", gpu.node],
  ];
  for (const field of file.labels) {
    const value = LABEL_VALUES[field];
    if (value === undefined) throw new ConfigError(`counters file: the simulated cluster has no label ${field}`);
    labels.push([field, value]);
  }
  const { use } = gpu;
  if (use === undefined) return labels;
  return [...labels, ["container", use.container], ["namespace", use.namespace], ["pod", use.pod]];
}
