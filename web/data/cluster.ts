import "server-only";
import { clusterProcesses } from "@lockstep/schemas/queries/cluster-processes";
import { type TargetRow, targetsNow } from "@lockstep/schemas/queries/targets-now";
import { type CollectorDetail, collectorDetail } from "../fleet/collector-detail.ts";
import { type ProcessState, processStates } from "../fleet/process-states.ts";
import { getStore } from "./store.ts";

export type ClusterStatus = {
  readonly atMs: number;
  readonly processes: readonly ProcessState[];
  readonly targets: { readonly all: number; readonly up: number; readonly down: number; readonly waiting: number };
  readonly firstError: string | null;
};

export type TargetsData = {
  readonly atMs: number;
  readonly targets: readonly TargetRow[];
  readonly processes: readonly ProcessState[];
  readonly collectors: readonly (CollectorDetail & { readonly host: string })[];
};

export async function readTargets(nowMs: number): Promise<TargetsData> {
  const store = getStore();
  const [targets, processes] = await Promise.all([store.read(targetsNow()), store.read(clusterProcesses())]);
  const states = processStates(processes, nowMs);
  const shown = new Set(states.filter((state) => state.process === "collector").map((state) => state.host));
  return {
    atMs: nowMs,
    targets,
    processes: states,
    collectors: processes
      .filter((row) => row.process === "collector" && shown.has(row.host))
      .map((row) => ({ host: row.host, ...collectorDetail(row.detail) })),
  };
}

export async function readClusterStatus(nowMs: number): Promise<ClusterStatus> {
  const { processes, targets } = await readTargets(nowMs);
  const health = (name: string) => targets.filter((target) => target.health === name).length;
  return {
    atMs: nowMs,
    processes,
    targets: { all: targets.length, up: health("up"), down: health("down"), waiting: health("unknown") },
    firstError: targets.find((target) => target.lastError !== "")?.lastError ?? null,
  };
}
