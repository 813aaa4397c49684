/** The past of a job as it is judged against: medians of earlier windows in which nothing was found. */
import type { JobWindow } from "@lockstep/analysis/straggler/job-window";
import type { JobHistory, Judgement } from "@lockstep/analysis/straggler/judgement";

/** Windows remembered. */
const remembered = 40;

export class JobPast implements JobHistory {
  readonly stepTimeUs: number[] = [];
  readonly selfUs = new Map<number, number[]>();
  #nextStep = Number.NEGATIVE_INFINITY;

  observe({ firstStep, steps, ranks }: JobWindow, judgement: Judgement): void {
    // Windows overlap; each step counts once. A job that began again counts from the start.
    const again = firstStep < this.#nextStep - 2 * steps;
    if ((firstStep < this.#nextStep && !again) || judgement.verdict.findings.length > 0) return;
    this.#nextStep = firstStep + steps;
    push(this.stepTimeUs, judgement.stepTimeMedianUs);
    const heard = new Set(ranks.map(({ rank }) => rank));
    for (const rank of this.selfUs.keys()) if (!heard.has(rank)) this.selfUs.delete(rank);
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
  if (Number.isNaN(value)) return;
  values.push(value);
  if (values.length > remembered) values.shift();
}
