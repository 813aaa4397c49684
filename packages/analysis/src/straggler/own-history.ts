/** Against the job's own past: for ranks without enough peers, and for a job that is slower as a whole. */
import { madSigma, median } from "../stats/median.ts";
import { zThreshold } from "./false-alarm-budget.ts";
import type { JobWindow } from "./job-window.ts";
import type { JobHistory } from "./judgement.ts";
import type { Thresholds } from "./thresholds.ts";

export type AgainstPast = {
  readonly score: number;
  readonly z: number;
  readonly pastMedianUs: number;
};

/** Fewer earlier windows make no spread. */
const minWindows = 8;

/** Undefined where there is too little past, or the present is within it. `comparisons` share the window's budget. */
export function slowerThanPast(
  nowUs: number,
  pastUs: readonly number[] | undefined,
  thresholds: Thresholds,
  comparisons: number,
): AgainstPast | undefined {
  if (!pastUs || pastUs.length < minWindows || Number.isNaN(nowUs)) return undefined;
  const logs = pastUs.map(Math.log);
  const middle = median(logs);
  const level = Math.log(nowUs) - middle;
  const z = level / Math.max(Math.log1p(thresholds.scaleFloor), madSigma(logs, middle));
  const limit = zThreshold(thresholds.z, thresholds.falseAlarmsPerIncident, comparisons, pastUs.length - 1);
  if (!(level >= Math.log(thresholds.score) && z >= limit)) return undefined;
  return { score: Math.exp(level), z, pastMedianUs: Math.exp(middle) };
}

export type SlowSinceBefore = AgainstPast & { readonly rank: number };

/** Ranks that no peer speaks for and that are slower than they were, by more than the job as a whole. Rank indexes. */
export function ranksSlowerThanPast(
  window: JobWindow,
  history: JobHistory,
  selfMedianUs: Float64Array,
  hasPeers: (rank: number) => boolean,
  thresholds: Thresholds,
): SlowSinceBefore[] {
  const past = window.ranks.map(({ rank }) => history.selfUs.get(rank));
  const change = selfMedianUs.map((us, rank) => us / median(past[rank] ?? []));
  const found: SlowSinceBefore[] = [];
  for (let rank = 0; rank < window.ranks.length; rank++) {
    if (hasPeers(rank)) continue;
    const others = median(change.filter((_, other) => other !== rank));
    // Alone there is nobody to tell a slow rank from a slow job by.
    if (Number.isNaN(others)) continue;
    const now = selfMedianUs[rank]! / Math.max(1, others);
    const slower = slowerThanPast(now, past[rank], thresholds, window.ranks.length);
    if (slower) found.push({ rank, ...slower });
  }
  return found;
}
