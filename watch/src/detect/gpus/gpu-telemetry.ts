/** Asks what GPUs and their nodes said in a stretch of time. */
import type { GpuWindow, XidSeen } from "@lockstep/analysis/cause/gpu-window";
import { gpuWindowNodes, gpuWindows, MAX_GPUS } from "@lockstep/schemas/queries/gpu-windows";
import { gpuWindowXids } from "@lockstep/schemas/queries/gpu-windows-xids";
import type { Store } from "@lockstep/store/client";
import { nodeKey } from "../places/gpu-inventory.ts";
import { gpuWindowOf, rowsBySubject, type Wanted } from "./gpu-windows-of.ts";

/** An Xid just before a rank became slow is why it did. */
const xidsBeforeMs = 120_000;
const maxXids = 1_000;

export type TimeRange = { readonly fromMs: number; readonly toMs: number };

/** Windows in the order of `wanted`, of which MAX_GPUS at most are asked for; the others are left out. */
export async function gpuTelemetry(
  store: Pick<Store, "read">,
  wanted: readonly Wanted[],
  range: TimeRange,
  signal: AbortSignal,
): Promise<GpuWindow[]> {
  const asked = wanted.slice(0, MAX_GPUS);
  const gpus = [...new Set(asked.flatMap(({ gpu }) => gpu ?? []))];
  const nodes = [...new Set(asked.flatMap(({ node }) => (node === undefined ? [] : nodeKey(node))))];
  const { fromMs, toMs } = { fromMs: Math.floor(range.fromMs), toMs: Math.ceil(range.toMs) };
  const [ofGpus, ofNodes, xids] = await Promise.all([
    gpus.length === 0 ? [] : store.read(gpuWindows({ gpus, fromMs, toMs }), { signal }),
    nodes.length === 0 ? [] : store.read(gpuWindowNodes({ nodes, fromMs, toMs }), { signal }),
    gpus.length === 0
      ? []
      : store.read(gpuWindowXids({ gpus, fromMs: fromMs - xidsBeforeMs, toMs, limit: maxXids }), { signal }),
  ]);
  const byGpu = rowsBySubject(ofGpus);
  const seen = new Map<string, XidSeen[]>();
  for (const { gpu, code, at } of xids) seen.set(gpu, [...(seen.get(gpu) ?? []), { code, at }]);
  const said = {
    gpus: byGpu,
    nodes: rowsBySubject(ofNodes),
    xids: seen,
    // dcgm-exporter tells Xids by default, so a GPU that tells its clock and no Xid had none.
    xidsTold: (gpu: string) => byGpu.has(gpu),
  };
  const seconds = Math.max(1, (toMs - fromMs) / 1000);
  return asked.map((one) => gpuWindowOf(one, one.node === undefined ? undefined : nodeKey(one.node), said, seconds));
}
