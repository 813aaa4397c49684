/** The newest verdict of each job, as series show it. */
import type { JobWindow } from "@lockstep/analysis/straggler/job-window";
import type { Judgement } from "@lockstep/analysis/straggler/judgement";
import { MAX_RANK_SERIES } from "@lockstep/schemas/process/verdict-metrics";

export type RankScore = {
  readonly rank: number;
  readonly node: string | undefined;
  readonly gpu: string | undefined;
  readonly score: number;
};

type Waited = { readonly labels: Readonly<Record<string, string>>; seconds: number };

export type JobVerdict = {
  /** Undefined where nothing is dated. */
  stepSeconds: number | undefined;
  slowdown: number | undefined;
  ranks: number | undefined;
  scores: readonly RankScore[];
  wasteGpuSeconds: number;
  readonly waited: Map<string, Waited>;
  /** Last step whose waiting is counted. */
  waitedUntil: number | undefined;
  /** Undefined where it is not known. */
  hangs: boolean | undefined;
};

/** From here on a rank of a large job stands out enough for a series of its own. */
const standsOut = 1.1;

export class VerdictBoard {
  readonly #jobs = new Map<string, JobVerdict>();

  get jobs(): ReadonlyMap<string, JobVerdict> {
    return this.#jobs;
  }

  /** `blamedGpuSeconds`: waited in the window because of open findings. */
  judged(window: JobWindow, judgement: Judgement, blamedGpuSeconds: number): void {
    const verdict = this.#of(window.job);
    const { stepTimeMedianUs, slowdown } = judgement;
    verdict.stepSeconds = known(stepTimeMedianUs / 1e6);
    verdict.slowdown = known(slowdown);
    verdict.ranks = window.ranks.length;
    verdict.scores = scoresOf(window, judgement);
    const last = window.firstStep + window.steps - 1;
    const before = verdict.waitedUntil;
    // Windows overlap: of each only the steps count that the one before did not have. A job may begin again.
    const fresh = before === undefined || last < before ? window.steps : Math.min(window.steps, last - before);
    verdict.waitedUntil = last;
    verdict.wasteGpuSeconds += (blamedGpuSeconds * fresh) / window.steps;
    addWaited(verdict.waited, window, judgement, fresh / window.steps);
  }

  hangs(job: string, hangs: boolean | undefined): void {
    if (hangs !== undefined || this.#jobs.has(job)) this.#of(job).hangs = hangs;
  }

  /** Keeps no other jobs than these. */
  keep(jobs: ReadonlySet<string>): void {
    for (const job of this.#jobs.keys()) if (!jobs.has(job)) this.#jobs.delete(job);
  }

  #of(job: string): JobVerdict {
    const found = this.#jobs.get(job);
    if (found !== undefined) return found;
    const none: JobVerdict = {
      stepSeconds: undefined,
      slowdown: undefined,
      ranks: undefined,
      scores: [],
      wasteGpuSeconds: 0,
      waited: new Map(),
      waitedUntil: undefined,
      hangs: undefined,
    };
    this.#jobs.set(job, none);
    return none;
  }
}

function scoresOf({ ranks }: JobWindow, { ranks: columns }: Judgement): RankScore[] {
  const scores = ranks
    .map(({ rank, node, gpu }, at) => ({ rank, node, gpu, score: columns.score[at]! }))
    .filter(({ score }) => Number.isFinite(score));
  if (ranks.length <= MAX_RANK_SERIES) return scores;
  return scores
    .filter(({ score }) => score >= standsOut)
    .sort((a, b) => b.score - a.score)
    .slice(0, MAX_RANK_SERIES);
}

function addWaited(waited: Map<string, Waited>, { ranks }: JobWindow, { ranks: columns }: Judgement, share: number) {
  const byRank = ranks.length <= MAX_RANK_SERIES;
  for (const [at, { rank, node = "" }] of ranks.entries()) {
    const seconds = columns.waitGpuSeconds[at]! * share;
    if (!Number.isFinite(seconds)) continue;
    const labels = byRank ? { rank: String(rank), node } : { node };
    const key = byRank ? `${rank} ${node}` : node;
    const known = waited.get(key);
    if (known !== undefined) known.seconds += seconds;
    else if (waited.size < 8 * MAX_RANK_SERIES) waited.set(key, { labels, seconds });
  }
}

function known(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
