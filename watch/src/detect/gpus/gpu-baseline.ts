/** What is usual for a GPU and its node, from the day before the trouble. */
import type { GpuBaseline } from "@lockstep/analysis/cause/gpu-window";
import { gpuUsual, nodeUsual, type UsualRow } from "@lockstep/schemas/queries/gpu-windows-usual";
import type { Store } from "@lockstep/store/client";
import { nodeKey } from "../places/gpu-inventory.ts";
import type { Wanted } from "./gpu-windows-of.ts";

const dayMs = 86_400_000;
/** An hour of 5-minute windows: less says nothing of what is usual. */
const fewestWindows = 12;

/** Of several suspects the most that is usual for one of them. */
export async function gpuBaseline(
  store: Pick<Store, "read">,
  suspects: readonly Wanted[],
  beforeMs: number,
  signal: AbortSignal,
): Promise<GpuBaseline> {
  const gpus = [...new Set(suspects.flatMap(({ gpu }) => gpu ?? []))];
  const nodes = [...new Set(suspects.flatMap(({ node }) => (node === undefined ? [] : nodeKey(node))))];
  const range = { fromMs: beforeMs - dayMs, toMs: beforeMs };
  const [ofGpus, ofNodes] = await Promise.all([
    gpus.length === 0 ? [] : store.read(gpuUsual({ of: gpus, ...range }), { signal }),
    nodes.length === 0 ? [] : store.read(nodeUsual({ of: nodes, ...range }), { signal }),
  ]);
  const clock = ofGpus.filter(({ metric, windows }) => metric === "DCGM_FI_DEV_SM_CLOCK" && windows >= fewestWindows);
  return {
    pcieReplaysPerMinute: most(ofGpus, "DCGM_FI_DEV_PCIE_REPLAY_COUNTER"),
    nvlinkErrorsPerMinute: most(ofGpus, "DCGM_FI_DEV_NVLINK_"),
    nicErrorsPerMinute: most(ofNodes, "node_"),
    smClockMhz: clock.length === 0 ? undefined : Math.max(...clock.map(({ median }) => median)),
  };
}

/** Of all counters whose names begin so, summed over a GPU or node; undefined where none was there long enough. */
function most(rows: readonly UsualRow[], begin: string): number | undefined {
  const sums = new Map<string, number>();
  for (const { metric, of, windows, perMinute } of rows)
    if (metric.startsWith(begin) && windows >= fewestWindows) sums.set(of, (sums.get(of) ?? 0) + perMinute);
  return sums.size === 0 ? undefined : Math.max(...sums.values());
}
