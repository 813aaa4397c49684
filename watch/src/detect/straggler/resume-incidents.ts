/** Takes up incidents that were open when another watch, or an earlier run of this one, judged the job. */
import { type Incident, type IncidentWatch, incidentSettings } from "@lockstep/analysis/straggler/incident";
import type { JobWindow } from "@lockstep/analysis/straggler/job-window";
import type { Judgement } from "@lockstep/analysis/straggler/judgement";
import type { Finding } from "@lockstep/schemas/domain/finding";

/** Gives the incident of each finding; a rank of a node that is open too has none. */
export function resumeIncidents(
  watch: IncidentWatch,
  job: string,
  findings: readonly Finding[],
): Map<Finding, Incident> {
  if (findings.length === 0) return new Map();
  const lastStep = Math.max(...findings.map(({ last_step = 0 }) => last_step));
  // What opened them was seen already: it is shown to the watch once more, as often as it wants to see it.
  for (let i = 0; i < incidentSettings.openAfter; i++)
    watch.observe(emptyWindow(job, lastStep), judgementWith(job, findings));
  return new Map(watch.open.map((incident) => [incident.finding, incident]));
}

function emptyWindow(job: string, firstStep: number): JobWindow {
  const none = new Float64Array(0);
  return {
    job,
    firstStep,
    steps: 1,
    ranks: [],
    communicators: [],
    operations: [],
    stepTime: none,
    self: none,
    endedAt: none,
    kernelTiming: true,
  };
}

function judgementWith(job: string, findings: readonly Finding[]): Judgement {
  const none = new Float64Array(0);
  const noRanks = {
    score: none,
    z: none,
    nvrxScore: none,
    selfMedianUs: none,
    latenessShare: none,
    wasteGpuSeconds: none,
    waitGpuSeconds: none,
    stage: new Int32Array(0),
    peers: new Int32Array(0),
  };
  return {
    verdict: { job, findings },
    ranks: noRanks,
    groups: [],
    slowdown: Number.NaN,
    wasteGpuSeconds: 0,
    stepTimeMedianUs: Number.NaN,
    worstStep: undefined,
  };
}
