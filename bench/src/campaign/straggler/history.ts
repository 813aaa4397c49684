/** The past of a job as the detector is given it: medians of earlier windows in which nothing was found. */
import type { JobWindow } from "@lockstep/analysis/straggler/job-window";
import type { JobHistory, Judgement } from "@lockstep/analysis/straggler/judgement";
import { parameters } from "./parameters.ts";

/** Windows remembered; two hundred steps each of a few hundred ranks are little. */
const remembered = 40;

export class History implements JobHistory {
  readonly stepTimeUs: number[] = [];
  readonly selfUs = new Map<number, number[]>();
  #nextStep = 0;

  observe({ firstStep, ranks }: JobWindow, judgement: Judgement): void {
    // Windows overlap; each step counts once.
    if (firstStep < this.#nextStep || judgement.verdict.findings.length > 0) return;
    this.#nextStep = firstStep + parameters.window.steps;
    push(this.stepTimeUs, judgement.stepTimeMedianUs);
    for (const [index, { rank }] of ranks.entries()) {
      const us = judgement.ranks.selfMedianUs[index]!;
      if (Number.isNaN(us)) continue;
      const past = this.selfUs.get(rank);
      if (past) push(past, us);
      else this.selfUs.set(rank, [us]);
    }
  }
}

function push(values: number[], value: number): void {
  values.push(value);
  if (values.length > remembered) values.shift();
}
