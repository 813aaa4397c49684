/** The page of one node's node_exporter, as far as it tells of the network cards that carry collectives between nodes. */
import type { Node } from "../model/cluster.ts";
import type { PlantedFault } from "../model/faults.ts";
import { uniform } from "../model/noise.ts";
import { SIMULATED } from "./page.ts";

/** What node_exporter would listen on; the `instance` of its series. */
export const NODE_EXPORTER_PORT = 9100;

const BYTES_PER_SECOND = 50_000_000_000;

/** Errors a second of a card that is slow: its link retransmits. */
const FAMILIES = [
  {
    name: "node_infiniband_symbol_error_total",
    help: "Number of minor link errors detected on one or more physical lanes.",
    perSecond: 4.3,
  },
  {
    name: "node_infiniband_port_errors_received_total",
    help: "Number of packets containing an error that were received on this port.",
    perSecond: 1.7,
  },
  {
    name: "node_infiniband_link_downed_total",
    help: "Number of times the link failed to recover from an error state and went down.",
    perSecond: 0,
  },
] as const;

/** One card a GPU, "mlx5_0" ... in their order. The counters follow from the planted faults and the time alone. */
export function networkPage(node: Node, seed: number, faults: readonly PlantedFault[], nowMs: number): string {
  let page = SIMULATED;
  for (const [index, { name, help, perSecond }] of FAMILIES.entries()) {
    page += `# HELP ${name} ${help}\n# TYPE ${name} counter\n`;
    for (const { gpu, index: gpuIndex } of node.gpus) {
      const before = Math.floor(3 * uniform(seed, 8800 + index, gpuIndex));
      const since = perSecond * slowSeconds(node.name, gpu, faults, nowMs);
      page += `${name}{device="mlx5_${gpu}",port="1"} ${before + Math.floor(since)}\n`;
    }
  }
  const rate = "node_infiniband_rate_bytes_per_second";
  page += `# HELP ${rate} Maximum signal transfer rate\n# TYPE ${rate} gauge\n`;
  for (const { gpu } of node.gpus) page += `${rate}{device="mlx5_${gpu}",port="1"} ${BYTES_PER_SECOND}\n`;
  return page;
}

function slowSeconds(node: string, gpu: number, faults: readonly PlantedFault[], nowMs: number): number {
  let seconds = 0;
  for (const fault of faults) {
    if (fault.kind !== "slow-nic" || fault.node !== node || fault.gpu !== gpu) continue;
    seconds += Math.max(0, Math.min(nowMs, fault.endMs) - fault.startMs) / 1000;
  }
  return seconds;
}
