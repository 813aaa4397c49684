import type { Quantity, Shown } from "./quantities.ts";

/**
 * Worst first; `down`: seen in the last 24 hours, but no sample now; `waiting`: the same, while a collector that has just
 * started has yet to scrape it.
 */
export type GpuState = "down" | "xid" | "throttled" | "waiting" | "ok";

/** Whether its values are known. */
export function isSeen(gpu: Pick<Gpu, "state">): boolean {
  return gpu.state !== "down" && gpu.state !== "waiting";
}

/** A GPU, or a MIG slice of one. A value that is not known is absent. */
export type Gpu = {
  /** UUID, or UUID~instance for a MIG slice: its address in links. */
  readonly key: string;
  readonly uuid: string;
  readonly instanceId: string | null;
  readonly instanceProfile: string | null;
  readonly node: string;
  readonly index: string | null;
  readonly model: string | null;
  readonly driver: string | null;
  readonly pciBus: string | null;
  readonly namespace: string | null;
  readonly pod: string | null;
  readonly container: string | null;
  readonly job: string;
  readonly instance: string;
  readonly values: Readonly<Partial<Record<Quantity, number>>>;
  /** Highest utilisation of the last 5 minutes, percent. */
  readonly peakUtilisation: number | null;
  readonly state: GpuState;
  /** Why it is down, in words. */
  readonly why: string | null;
  /** Newest sample, Unix ms; null where it is older than a day. */
  readonly lastSampleMs: number | null;
};

const INSTANCE_MARK = "~";

export function gpuKey(uuid: string, instanceId: string): string {
  return instanceId === "" ? uuid : `${uuid}${INSTANCE_MARK}${instanceId}`;
}

export function parseGpuKey(key: string): { uuid: string; instanceId: string | null } {
  const mark = key.lastIndexOf(INSTANCE_MARK);
  return mark < 0 ? { uuid: key, instanceId: null } : { uuid: key.slice(0, mark), instanceId: key.slice(mark + 1) };
}

export function gpuPath(key: string): string {
  return `/gpus/${encodeURIComponent(key)}`;
}

export function nodePath(node: string): string {
  return `/nodes/${encodeURIComponent(node)}`;
}

/** "GPU 3", "GPU 3 MIG 13", or the start of its UUID where it has no index. */
export function shortName(gpu: Pick<Gpu, "index" | "uuid" | "instanceId">): string {
  const base = gpu.index === null ? gpu.uuid.slice(0, 12) : `GPU ${gpu.index}`;
  return gpu.instanceId === null ? base : `${base} MIG ${gpu.instanceId}`;
}

export function fullName(gpu: Pick<Gpu, "node" | "index" | "uuid" | "instanceId">): string {
  return `${gpu.node} ${shortName(gpu)}`;
}

/** Share of the memory in use, percent; null where the total is not known. */
export function memoryShare(values: Gpu["values"]): number | null {
  const total = memoryTotal(values);
  return values.memoryUsed === undefined || total === null || total <= 0 ? null : (100 * values.memoryUsed) / total;
}

export function memoryTotal(values: Gpu["values"]): number | null {
  if (values.memoryUsed === undefined || values.memoryFree === undefined) return null;
  return values.memoryUsed + values.memoryFree + (values.memoryReserved ?? 0);
}

export function shownValue(gpu: Gpu, shown: Shown): number | null {
  if (!isSeen(gpu)) return null;
  switch (shown) {
    case "utilisation":
      return gpu.values.utilisation ?? null;
    case "temperature":
      return gpu.values.temperature ?? null;
    case "power":
      return gpu.values.power ?? null;
    case "memory":
      return memoryShare(gpu.values);
    case "clock":
      return gpu.values.smClock ?? null;
  }
}

/** Below this utilisation for all of the last 5 minutes, a GPU counts as idle. */
export const IDLE_PERCENT = 1;

/** null: not known. */
export function isIdle(gpu: Gpu): boolean | null {
  if (!isSeen(gpu) || gpu.peakUtilisation === null) return null;
  return gpu.peakUtilisation < IDLE_PERCENT;
}
