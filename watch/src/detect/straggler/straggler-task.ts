/** Every five seconds: which jobs run, their windows that are complete now, and what is to be said of each. */
import { WindowTooLargeError } from "@lockstep/analysis/fold/window";
import { windowHop } from "@lockstep/analysis/fold/window-from-operations";
import { jobWindowJobs } from "@lockstep/schemas/queries/job-window-jobs";
import { jobWindowSteps } from "@lockstep/schemas/queries/job-window-steps";
import type { Task } from "../../schedule/schedule.ts";
import type { Detection } from "../detection.ts";
import { type Job, maxJobs, stepMsOf } from "../job-book.ts";
import type { Places } from "../places/place-files.ts";
import { askCauses } from "./ask-causes.ts";
import { carryOn, isStraggler, resumeEpisodes } from "./episodes.ts";
import { UnjoinedStepsError } from "./judge-window.ts";
import { planWindows, type WindowPlan } from "./plan-windows.ts";
import type { Judged } from "./window-judge.ts";

const intervalMs = 5_000;
/** How far back jobs are looked for; now and then further, for those whose steps take minutes. */
const heardWithinMs = 120_000;
const slowWithinMs = 900_000;
const slowEveryMs = 180_000;
/** Nodes' clocks may be ahead. */
const aheadMs = 300_000;
/** Steps read about, at most and by how much time they take. */
const maxSteps = 2_000;
const sightSteps = 40;
const leastSightMs = 120_000;
const mostSightMs = 7_200_000;
const mostPauseMs = 60_000;
/** Series of a job that is silent for so long, or for this many steps, are of the past. */
const shownForMs = 300_000;
const shownForSteps = 20;
/** A job of more processes is judged beside the others, which do not wait for it. */
const largeJob = 1_024;

export function stragglerTask(detection: () => Detection): Task {
  return {
    name: "stragglers",
    intervalMs,
    run: (now, signal) => judgeStragglers(detection(), now, signal),
  };
}

async function judgeStragglers(detection: Detection, now: number, signal: AbortSignal): Promise<void> {
  const { book, jobs, board, files } = detection;
  await detection.resume(now);
  await hearOfJobs(detection, now, signal);
  const places = await files.read();
  const failures: unknown[] = [];
  const seen = (error: unknown) => failures.push(error);
  for (const job of jobs.all) {
    signal.throwIfAborted();
    if (job.failure !== undefined) seen(job.failure);
    job.failure = undefined;
    if (job.busy) continue;
    const judging = judgeJob(detection, job, places, now, detection.ended);
    if (job.now.processes <= largeJob) await judging.catch(seen);
    else inBackground(job, judging);
  }
  const heardLately = ({ now: { lastAt, stepUs } }: Job) =>
    now - lastAt <= Math.max(shownForMs, (shownForSteps * (stepUs ?? 0)) / 1000);
  const hanging = book.open().filter(({ finding }) => !isStraggler(finding));
  const shown = jobs.all.filter(heardLately).map(({ name }) => name);
  board.keep(new Set([...shown, ...hanging.map(({ finding }) => finding.job)]));
  await book.flush(now, signal);
  if (failures.length > 0) throw failures[0];
}

/** What goes wrong is told with the next round. */
function inBackground(job: Job, judging: Promise<void>): void {
  job.busy = true;
  const ended = (failure?: unknown) => {
    job.busy = false;
    job.failure = failure;
  };
  judging.then(() => ended(), ended);
}

async function hearOfJobs(detection: Detection, now: number, signal: AbortSignal): Promise<void> {
  const { store, jobs, judge } = detection;
  const slow = now - detection.lookedFarMs >= slowEveryMs;
  const fromMs = now - (slow ? slowWithinMs : heardWithinMs);
  const heard = await store.read(jobWindowJobs({ fromMs, toMs: now + aheadMs, limit: maxJobs }), { signal });
  if (slow) detection.lookedFarMs = now;
  for (const job of jobs.heard(heard, now, detection.judgedBefore)) {
    closeAll(detection, job.name, job.now.lastAt);
    judge.forget(job.name);
  }
  closeForgotten(detection, now);
}

/** Its end: nothing more will be heard of what was open. */
function closeAll({ book }: Detection, job: string, atMs: number): void {
  for (const { id, finding } of book.open(job)) if (isStraggler(finding)) book.close(id, finding.to ?? atMs);
}

/** Of jobs that had ended already when this watch began. */
function closeForgotten({ book, jobs }: Detection, now: number): void {
  for (const { id, finding } of book.open()) {
    if (!isStraggler(finding) || jobs.get(finding.job) !== undefined) continue;
    const written = book.writtenMs(id);
    if (now - written > slowWithinMs) book.close(id, finding.to ?? written);
  }
}

async function judgeJob(detection: Detection, job: Job, places: Places, now: number, signal: AbortSignal) {
  const { store, book } = detection;
  resumeEpisodes(job, book, now);
  if (now >= job.lookAgainMs) await judgeNewWindows(detection, job, places, now, signal);
  if (job.cast !== undefined) await askCauses(store, job, book, job.cast, now, signal);
}

async function judgeNewWindows(detection: Detection, job: Job, places: Places, now: number, signal: AbortSignal) {
  const { store } = detection;
  const stepMs = stepMsOf(job.now);
  const sightMs = Math.min(mostSightMs, Math.max(leastSightMs, sightSteps * stepMs));
  const query = jobWindowSteps({ job: job.name, fromMs: Math.floor(job.now.lastAt - sightMs), limit: maxSteps });
  const steps = await store.read(query, { signal });
  const plan = planWindows(steps, { nowMs: now, stepMs: stepMs || undefined, nextFirst: job.nextFirst });
  if (plan.notEnough !== undefined) job.stragglerReason = plan.notEnough;
  const rowsOf = new Map(steps.map(({ step, rows }) => [step, rows]));
  for (const window of plan.windows) {
    const nextFirst = window.firstStep + windowHop;
    try {
      const judged = await detection.judge.judge(
        {
          job: job.name,
          plan: window,
          rows: window.read.map((step) => rowsOf.get(step) ?? 0),
          keepFrom: nextFirst,
          topology: places.topology,
          gpus: detection.inventory.nodes,
        },
        signal,
      );
      takeIn(detection, job, judged, window, now);
    } catch (error) {
      if (!(error instanceof WindowTooLargeError || error instanceof UnjoinedStepsError)) throw error;
      job.stragglerReason = error.message;
    }
    // Not before: a window that could not be read is judged with the next round.
    job.nextFirst = nextFirst;
    job.windowSteps = window.steps;
  }
  job.lookAgainMs = now + Math.min(mostPauseMs, (windowHop * stepMs) / 2);
}

function takeIn(
  detection: Detection,
  job: Job,
  { window, judgement, numbering }: Judged,
  plan: WindowPlan,
  now: number,
): void {
  const { book, board } = detection;
  const changes = job.incidents.observe(window, judgement);
  carryOn(job, book, changes, window, plan);
  const last = window.firstStep + window.steps - 1;
  const found = job.incidents.open.filter(({ lastStep }) => lastStep === last);
  const blamed = found.reduce((sum, { finding }) => sum + (finding.waste_gpu_seconds ?? 0), 0);
  board.judged(window, judgement, blamed);
  const { ranks, communicators } = window;
  job.cast = { ranks, communicators, numbering };
  job.judgedAt = now;
  job.stragglerReason = judgement.verdict.not_enough_data;
}
