/** The judgement of a whole recorded run, window by window: what `IncidentWatch` would have opened, each told once. */
import type { Finding, Verdict } from "@lockstep/schemas/domain/finding";
import { IncidentWatch } from "./incident.ts";
import type { JobWindow } from "./job-window.ts";
import { type JudgeOptions, judge } from "./judge.ts";

/** Windows that a finding must hold in; a run that is no longer than one window is judged by that one. */
const openAfter = 2;

type Episode = { worst: Finding; firstStep: number; lastStep: number; wasteGpuSeconds: number; wasteUntil: number };

/**
 * `windows`: those of one job, in order, overlapping or not. Findings in the order of their first step, each with the
 * window in which its score was highest; waste is summed over windows that do not overlap.
 */
export function judgeRun(windows: readonly JobWindow[], options?: JudgeOptions): Verdict {
  const [first] = windows;
  if (first === undefined) throw new RangeError("no window to judge");
  const watch = new IncidentWatch({ openAfter: Math.min(openAfter, windows.length) });
  const open = new Map<string, Episode>();
  const ended: Episode[] = [];
  let notEnough: string | undefined;
  let judged = 0;
  for (const window of windows) {
    const judgement = judge(window, options);
    notEnough ??= judgement.verdict.not_enough_data;
    if (judgement.verdict.not_enough_data === undefined) judged += 1;
    const changes = watch.observe(window, judgement);
    for (const { subject, firstStep, lastStep, finding } of watch.open) {
      const episode = open.get(subject) ?? begin(finding, firstStep);
      open.set(subject, episode);
      if (lastStep === window.firstStep + window.steps - 1) goOn(episode, window, finding);
    }
    for (const { kind, incident } of changes) {
      const episode = open.get(incident.subject);
      if (kind === "closed" && episode !== undefined && open.delete(incident.subject)) ended.push(episode);
    }
  }
  const findings = [...ended, ...open.values()]
    .map(findingOf)
    .sort((a, b) => (a.first_step ?? 0) - (b.first_step ?? 0));
  if (judged === 0 && notEnough !== undefined) return { job: first.job, findings, not_enough_data: notEnough };
  return { job: first.job, findings };
}

function begin(finding: Finding, firstStep: number): Episode {
  return { worst: finding, firstStep, lastStep: firstStep, wasteGpuSeconds: 0, wasteUntil: Number.NEGATIVE_INFINITY };
}

/** A window in which it was found. */
function goOn(episode: Episode, window: JobWindow, finding: Finding): void {
  if ((finding.score ?? 0) > (episode.worst.score ?? 0)) episode.worst = finding;
  const windowEnd = window.firstStep + window.steps - 1;
  episode.lastStep = finding.last_step ?? windowEnd;
  if (window.firstStep <= episode.wasteUntil) return;
  episode.wasteGpuSeconds += finding.waste_gpu_seconds ?? 0;
  episode.wasteUntil = windowEnd;
}

function findingOf({ worst, firstStep, lastStep, wasteGpuSeconds }: Episode): Finding {
  const waste = worst.waste_gpu_seconds === undefined ? {} : { waste_gpu_seconds: wasteGpuSeconds };
  return { ...worst, first_step: firstStep, last_step: lastStep, ...waste };
}
