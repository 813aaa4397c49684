import "server-only";
import { HEARTBEAT_LIMIT_MS } from "@lockstep/schemas/process/heartbeat";
import { clusterProcesses } from "@lockstep/schemas/queries/cluster-processes";
import { type TargetRow, targetsNow } from "@lockstep/schemas/queries/targets-now";
import { type CollectorDetail, collectorDetail } from "../fleet/collector-detail.ts";
import { getStore } from "./store.ts";

export type ProcessState = {
  readonly process: string;
  readonly host: string;
  readonly pid: number;
  readonly startedMs: number;
  readonly seenMs: number;
  readonly up: boolean;
};

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
  return {
    atMs: nowMs,
    targets,
    processes: processes.map((row) => ({
      process: row.process,
      host: row.host,
      pid: row.pid,
      startedMs: row.started,
      seenMs: row.updated,
      up: nowMs - row.updated < HEARTBEAT_LIMIT_MS,
    })),
    collectors: processes
      .filter((row) => row.process === "collector")
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
