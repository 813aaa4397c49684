/** Offline: the windows of all jobs in recorded operations. */
import type { Operation } from "@lockstep/schemas/domain/operation";
import type { JobWindow } from "../straggler/job-window.ts";
import { inferTopology, type TopologyHints } from "../topology/infer-topology.ts";
import { alignSteps } from "./align-steps.ts";
import { jobStarts } from "./job-starts.ts";
import { ProcessFolder } from "./process-folder.ts";
import type { StepRow } from "./step-row.ts";
import { buildWindow } from "./window.ts";

/** See docs/straggler.md. */
export const windowSteps = 20;
export const windowHop = 5;

export type FoldedOperations = {
  /** By start of a job, each in order of its steps; starts of a job in order of time. */
  readonly starts: readonly (readonly JobWindow[])[];
  /** By job: why processes have no steps. */
  readonly notEnoughData: ReadonlyMap<string, readonly string[]>;
};

/** Windows of 20 steps, hop 5, by job and step; a job of fewer steps has one window of them. */
export function windowFromOperations(operations: Iterable<Operation>, hints?: TopologyHints): JobWindow[] {
  return foldOperations(operations, hints).starts.flat();
}

export function foldOperations(operations: Iterable<Operation>, hints: TopologyHints = {}): FoldedOperations {
  const jobs = new Map<string, { folders: Map<string, ProcessFolder>; rows: StepRow[] }>();
  for (const operation of operations) {
    let job = jobs.get(operation.job);
    if (job === undefined) {
      job = { folders: new Map(), rows: [] };
      jobs.set(operation.job, job);
    }
    let folder = job.folders.get(operation.process);
    if (folder === undefined) {
      const { rows } = job;
      folder = new ProcessFolder({ job: operation.job, process: operation.process, onRow: (row) => rows.push(row) });
      job.folders.set(operation.process, folder);
    }
    folder.push(operation);
  }
  const starts: JobWindow[][] = [];
  const notEnoughData = new Map<string, string[]>();
  for (const [job, { folders, rows }] of jobs) {
    const reasons: string[] = [];
    for (const [process, folder] of folders) {
      folder.flush();
      const { notEnoughData: reason } = folder.status;
      if (reason !== undefined) reasons.push(`${process}: ${reason}`);
    }
    if (reasons.length > 0) notEnoughData.set(job, reasons);
    for (const start of jobStarts(rows)) starts.push(windowsOf(start, hints));
  }
  return { starts, notEnoughData };
}

function windowsOf(rows: readonly StepRow[], hints: TopologyHints): JobWindow[] {
  const topology = inferTopology(rows, hints);
  const shifts = alignSteps(rows);
  const byStep = new Map<number, StepRow[]>();
  for (const row of rows) {
    const step = row.step + shifts.shiftOf(row.process, row.step);
    const found = byStep.get(step);
    if (found) found.push(row);
    else byStep.set(step, [row]);
  }
  const known = [...byStep.keys()].sort((a, b) => a - b);
  const last = known.at(-1)!;
  const windows: JobWindow[] = [];
  for (let from = known[0]!; ; from += windowHop) {
    const to = Math.min(from + windowSteps, last + 1);
    const held = Array.from({ length: to - from }, (_, i) => byStep.get(from + i) ?? []).flat();
    if (held.length > 0) windows.push(buildWindow(held, { firstStep: from, steps: to - from, topology, shifts }));
    else from = known.find((step) => step >= to)! - windowHop;
    if (to > last) return windows;
  }
}
