/** Incidents of a job as findings: opened, carried on window by window, closed. */
import type { CauseVerdict } from "@lockstep/analysis/cause/cause-of";
import type { Incident, IncidentChange } from "@lockstep/analysis/straggler/incident";
import type { JobWindow } from "@lockstep/analysis/straggler/job-window";
import type { Finding, FindingKind } from "@lockstep/schemas/domain/finding";
import type { FindingBook } from "../findings/finding-book.ts";
import type { Episode } from "../findings/finding-row.ts";
import type { Job } from "../job-book.ts";
import type { WindowPlan } from "./plan-windows.ts";
import { resumeIncidents } from "./resume-incidents.ts";

/** Kept of an open incident beside its finding. */
export type Kept = {
  readonly id: string;
  /** Last step whose waste is counted. */
  wasteUntil: number;
  /** The window in which its score was highest: what is left of it when it is over. */
  worst: Finding;
  why: CauseVerdict | undefined;
  askedMs: number;
};

const notStragglers: ReadonlySet<FindingKind> = new Set(["hang", "mismatch"]);

export function isStraggler({ kind }: Finding): boolean {
  return !notStragglers.has(kind);
}

/** Before the first window of a job is judged. */
export function resumeEpisodes(job: Job, book: FindingBook, nowMs: number): void {
  if (job.resumed) return;
  job.resumed = true;
  const open = book.open(job.name).filter(({ finding }) => isStraggler(finding));
  const incidents = resumeIncidents(
    job.incidents,
    job.name,
    open.map(({ finding }) => finding),
  );
  for (const { id, finding } of open) {
    const incident = incidents.get(finding);
    // Two rows of one subject, or a rank whose node took over: the other one speaks for it.
    if (incident === undefined || job.episodes.has(incident.subject)) {
      book.close(id, finding.to ?? nowMs);
      continue;
    }
    book.change(id, { subject: incident.subject });
    const { cause, confidence } = finding;
    const why = cause.code === "unknown" ? undefined : { cause, confidence, evidence: [] };
    const wasteUntil = finding.last_step ?? Number.NEGATIVE_INFINITY;
    job.episodes.set(incident.subject, { id, wasteUntil, worst: finding, why, askedMs: 0 });
  }
}

/** After `job.incidents` observed the window: `changes` are what it gave. */
export function carryOn(
  job: Job,
  book: FindingBook,
  changes: readonly IncidentChange[],
  window: JobWindow,
  { fromMs, toMs }: WindowPlan,
): void {
  for (const { kind, incident } of changes) if (kind === "opened") begin(job, book, incident, fromMs);
  const lastStep = window.firstStep + window.steps - 1;
  for (const incident of job.incidents.open) if (incident.lastStep === lastStep) goOn(job, book, incident, window);
  for (const { kind, incident } of changes) {
    const kept = job.episodes.get(incident.subject);
    if (kind !== "closed" || kept === undefined) continue;
    job.episodes.delete(incident.subject);
    const last = book.get(kept.id);
    if (last !== undefined) book.change(kept.id, { finding: { ...last.finding, ...peakOf(kept.worst) } });
    book.close(kept.id, incident.finding.to ?? toMs);
  }
}

function peakOf({ score, z, slowdown, confidence, summary }: Finding): Partial<Finding> {
  const numbers = { score, z, slowdown };
  const known = Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined));
  return { ...known, confidence, summary };
}

function begin(job: Job, book: FindingBook, { subject, firstStep, finding }: Incident, fromMs: number): void {
  const waste = finding.waste_gpu_seconds ?? 0;
  const episode = book.begin({ ...finding, first_step: firstStep }, subject, finding.from ?? fromMs, waste);
  if (episode === undefined) return;
  const wasteUntil = finding.last_step ?? firstStep;
  job.episodes.set(subject, { id: episode.id, wasteUntil, worst: finding, why: undefined, askedMs: 0 });
}

function goOn(job: Job, book: FindingBook, { subject, finding }: Incident, { firstStep, steps }: JobWindow): void {
  const kept = job.episodes.get(subject);
  const episode = kept && book.get(kept.id);
  if (kept === undefined || episode === undefined) return;
  const last = firstStep + steps - 1;
  const fresh = Math.min(steps, Math.max(0, last - kept.wasteUntil));
  // A job that began again counts its steps anew.
  kept.wasteUntil = last;
  if ((finding.score ?? 0) >= (kept.worst.score ?? 0)) kept.worst = finding;
  const wasteGpuSeconds = episode.wasteGpuSeconds + ((finding.waste_gpu_seconds ?? 0) * fresh) / steps;
  book.change(kept.id, { finding: told(finding, episode, kept.why), wasteGpuSeconds });
}

/** The window's finding as one of the whole time since it was opened, with why where that is known. */
export function told(finding: Finding, { openedMs, finding: before }: Episode, why: CauseVerdict | undefined): Finding {
  return {
    ...finding,
    ...(before.first_step === undefined ? {} : { first_step: before.first_step }),
    from: openedMs,
    ...(why === undefined ? {} : { cause: why.cause, evidence: [...finding.evidence, ...why.evidence] }),
  };
}
