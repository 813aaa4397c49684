/** Reads the rows of windows and judges them; what it keeps of a job lasts until it is told to forget it. */
import type { JobWindow } from "@lockstep/analysis/straggler/job-window";
import type { Judgement } from "@lockstep/analysis/straggler/judgement";
import type { RankNumbering } from "@lockstep/analysis/topology/job-topology";
import type { Store } from "@lockstep/store/client";
import { GpuInventory, type NodeGpus } from "../places/gpu-inventory.ts";
import type { Places } from "../places/place-files.ts";
import { JobPast } from "./job-past.ts";
import { judgeWindow } from "./judge-window.ts";
import type { WindowPlan } from "./plan-windows.ts";
import { WindowRows } from "./window-rows.ts";

/** Plain values, which cross from one thread to another. */
export type WindowRequest = {
  readonly job: string;
  readonly plan: WindowPlan;
  /** Rows of each step of the plan, an upper bound, in the order of `plan.read`. */
  readonly rows: readonly number[];
  /** Steps that windows to come need. */
  readonly keepFrom: number;
  readonly topology: Places["topology"];
  readonly gpus: NodeGpus;
};

export type Judged = {
  /** Without its operations, which are most of it: nobody looks at them again. */
  readonly window: JobWindow;
  readonly judgement: Judgement;
  readonly numbering: RankNumbering;
};

export type WindowJudge = {
  /** Rejects with a StoreError, a WindowTooLargeError or an UnjoinedStepsError. */
  judge(request: WindowRequest, signal: AbortSignal): Promise<Judged>;
  forget(job: string): void;
  close(): Promise<void>;
};

type Kept = { readonly rows: WindowRows; readonly past: JobPast };

/** In this thread. */
export function createWindowJudge(store: Pick<Store, "read">): WindowJudge {
  const jobs = new Map<string, Kept>();
  return {
    async judge({ job, plan, rows, keepFrom, topology, gpus }, signal) {
      const kept = jobs.get(job) ?? { rows: new WindowRows(job), past: new JobPast() };
      jobs.set(job, kept);
      const counts = new Map(plan.read.map((step, at) => [step, rows[at] ?? 0]));
      const found = await kept.rows.read(store, plan, (step) => counts.get(step) ?? 0, signal);
      signal.throwIfAborted();
      const surroundings = { topology, inventory: new GpuInventory(gpus), history: kept.past };
      const { window, judgement, numbering } = judgeWindow(job, found, plan, surroundings);
      kept.past.observe(window, judgement);
      // Not those of other counts: they may still be incomplete.
      const last = plan.firstStep + plan.steps - 1;
      kept.rows.keep(new Set(plan.read.filter((step) => step >= keepFrom && step <= last)));
      return { window: { ...window, operations: [] }, judgement, numbering };
    },
    forget: (job) => void jobs.delete(job),
    async close() {
      jobs.clear();
    },
  };
}
