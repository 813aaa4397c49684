/** The training jobs that were heard lately: what detectors keep of each, in memory. */
import { IncidentWatch } from "@lockstep/analysis/straggler/incident";
import type { JudgedJob } from "@lockstep/schemas/process/watch-detail";
import type { JobHeardRow } from "@lockstep/schemas/queries/job-window-jobs";
import type { Cast } from "./gpus/finding-cause.ts";
import type { Kept } from "./straggler/episodes.ts";

/** Jobs judged at the same time; of more, the ones heard most recently. */
export const maxJobs = 200;
/** A job that is silent for so long has ended. */
const endedAfterMs = 1_800_000;

export type Job = {
  readonly name: string;
  now: JobHeardRow;
  /** First step of the window to judge next. */
  nextFirst: number | undefined;
  judgedAt: number | undefined;
  /** Until then no new window can be complete. */
  lookAgainMs: number;
  windowSteps: number;
  /** Of the newest window: who is who. */
  cast: Cast | undefined;
  stragglerReason: string | undefined;
  hangReason: string | undefined;
  progress: JudgedJob["progress"];
  /** False until what was open when this watch began to lead is taken up. */
  resumed: boolean;
  readonly incidents: IncidentWatch;
  /** Being judged beside the others, which do not wait for it. */
  busy: boolean;
  failure: unknown;
  /** By the incident's subject. */
  readonly episodes: Map<string, Kept>;
};

export class JobBook {
  readonly #jobs = new Map<string, Job>();

  get all(): Job[] {
    return [...this.#jobs.values()];
  }

  get(name: string): Job | undefined {
    return this.#jobs.get(name);
  }

  /** `judged`: where a predecessor stood, by job. Gives the jobs that are forgotten now. */
  heard(rows: readonly JobHeardRow[], nowMs: number, judged: ReadonlyMap<string, number>): Job[] {
    const newest = [...rows].sort((a, b) => b.lastAt - a.lastAt).slice(0, maxJobs);
    for (const now of newest) {
      const known = this.#jobs.get(now.job);
      if (known !== undefined) known.now = now;
      else this.#jobs.set(now.job, newJob(now, judged.get(now.job)));
    }
    const silent = this.all
      .sort((a, b) => b.now.lastAt - a.now.lastAt)
      .filter(({ now }, place) => place >= maxJobs || nowMs - now.lastAt > Math.max(endedAfterMs, 20 * stepMsOf(now)));
    for (const { name } of silent) this.#jobs.delete(name);
    return silent;
  }
}

/** Of the median step; 0 where nothing is dated. */
export function stepMsOf({ stepUs }: JobHeardRow): number {
  return (stepUs ?? 0) / 1000;
}

function newJob(now: JobHeardRow, judged: number | undefined): Job {
  return {
    name: now.job,
    now,
    nextFirst: judged,
    judgedAt: undefined,
    lookAgainMs: Number.NEGATIVE_INFINITY,
    windowSteps: 20,
    cast: undefined,
    stragglerReason: undefined,
    hangReason: undefined,
    progress: "steps",
    resumed: false,
    incidents: new IncidentWatch(),
    busy: false,
    failure: undefined,
    episodes: new Map(),
  };
}
