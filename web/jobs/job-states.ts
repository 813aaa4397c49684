/** What Lockstep's own processes tell of jobs in their heartbeats: which are judged, and why some are not. */
import { type JudgedJob, watchDetail } from "@lockstep/schemas/process/watch-detail";
import type { ProcessRow } from "@lockstep/schemas/queries/cluster-processes";
import { z } from "zod";

export type JobState = {
  readonly job: string;
  /** null: watch has not looked at it. */
  readonly progress: JudgedJob["progress"] | null;
  /** When its newest window was judged, Unix ms; null: none was. */
  readonly judgedAtMs: number | null;
  readonly notEnoughData: readonly string[];
};

const collectorJobs = z.object({
  jobsWithoutSteps: z.array(z.object({ job: z.string(), process: z.string(), reason: z.string() })).default([]),
});

/** By job. The newest heartbeat of the watch that leads, and those of all collectors. */
export function jobStates(rows: readonly ProcessRow[]): Map<string, JobState> {
  const states = new Map<string, JobState>();
  for (const row of [...rows].sort((a, b) => a.updated - b.updated)) {
    if (row.process !== "watch") continue;
    const detail = watchDetail.safeParse(parsed(row.detail));
    if (!detail.success || !detail.data.leads) continue;
    for (const { job, progress, judgedAt, notEnoughData } of detail.data.jobs ?? []) {
      states.set(job, { job, progress, judgedAtMs: judgedAt, notEnoughData });
    }
  }
  for (const row of rows) {
    if (row.process !== "collector") continue;
    const detail = collectorJobs.safeParse(parsed(row.detail));
    if (!detail.success) continue;
    for (const { job, reason } of detail.data.jobsWithoutSteps) {
      const known = states.get(job) ?? { job, progress: null, judgedAtMs: null, notEnoughData: [] };
      if (!known.notEnoughData.includes(reason)) {
        states.set(job, { ...known, notEnoughData: [...known.notEnoughData, reason] });
      }
    }
  }
  return states;
}

export function fileProblemsOf(rows: readonly ProcessRow[]): string[] {
  return rows.flatMap((row) => {
    const detail = row.process === "watch" ? watchDetail.safeParse(parsed(row.detail)) : undefined;
    return detail?.success && detail.data.leads ? (detail.data.fileProblems ?? []) : [];
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
