import "server-only";
import { clusterGpuSeries, type GpuSeriesRow } from "@lockstep/schemas/queries/cluster-gpu-series";
import { FLEET_METRICS } from "../fleet/quantities.ts";
import { getStore } from "./store.ts";

/** A GPU stays known for this long after its last sample. */
export const KNOWN_MS = 24 * 3_600_000;

/** Labels change seldom and are the larger half of a fleet read: they are kept for a short while. */
const KEPT_MS = 10_000;

type Kept = { readonly atMs: number; readonly rows: Promise<readonly GpuSeriesRow[]> };
const slot = globalThis as { lockstepGpuIndex?: Kept };

/** Series and identity of every GPU known at `atMs`; a live one (`live`) may be up to ten seconds old. */
export function gpuIndex(atMs: number, live: boolean): Promise<readonly GpuSeriesRow[]> {
  const read = () => getStore().read(clusterGpuSeries({ metrics: FLEET_METRICS, atMs, windowMs: KNOWN_MS }));
  if (!live) return read();
  const kept = slot.lockstepGpuIndex;
  if (kept !== undefined && Math.abs(atMs - kept.atMs) < KEPT_MS) return kept.rows;
  const rows = read();
  slot.lockstepGpuIndex = { atMs, rows };
  // A failure is told to whoever waits for it, and is not kept.
  rows.catch(() => {
    if (slot.lockstepGpuIndex?.rows === rows) delete slot.lockstepGpuIndex;
  });
  return rows;
}
