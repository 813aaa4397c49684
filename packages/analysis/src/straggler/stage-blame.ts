/** Whether a whole pipeline stage has more to do than the others: then no rank of it is at fault, the partitioning is. */
import { medianOfPrefix } from "../stats/median.ts";
import type { JobWindow } from "./job-window.ts";
import { peerRatio } from "./peer-ratio.ts";
import { isSlow, robustScore, zLimits } from "./robust-score.ts";
import type { Roles } from "./roles.ts";
import type { SelfTime } from "./self-time.ts";
import type { Thresholds } from "./thresholds.ts";

export type SlowStage = {
  readonly stage: number;
  /** Rank indexes. */
  readonly ranks: readonly number[];
  readonly score: number;
  readonly z: number;
  /** Microseconds of a step that the stage works longer than the others' median. */
  readonly excessUs: number;
  /** The stages' median self times, microseconds. */
  readonly selfUs: readonly number[];
  /** ln(stage / other stages) by step. */
  readonly log: Float64Array;
};

/** Nearly all ranks of the stage must share most of its excess one by one, or it is some of them and not the stage. */
const slowRanks = 0.8;
const sharedExcess = 0.6;

export function slowStages(
  window: JobWindow,
  roles: Roles,
  { self, source }: SelfTime,
  selfMedianUs: Float64Array,
  thresholds: Thresholds,
): SlowStage[] {
  // Differences of time in operations compare ranks that wait for one another, and stages of a pipeline wait for each other always.
  if (roles.stages < 2 || source === "relative") return [];
  const { steps } = window;
  const members = membersByStage(roles);
  const values = new Float64Array(roles.stages * steps);
  const buffer = new Float64Array(window.ranks.length);
  for (const [stage, ranks] of members.entries()) {
    for (let step = 0; step < steps; step++) {
      let n = 0;
      for (const rank of ranks) {
        const value = self[rank * steps + step]!;
        if (Number.isFinite(value)) buffer[n++] = value;
      }
      values[stage * steps + step] = medianOfPrefix(buffer, n);
    }
  }
  const all = [Int32Array.from(members, (_, stage) => stage)];
  const ratio = peerRatio(values, steps, all, 1);
  const scored = robustScore(ratio.log, steps, all, thresholds);
  const limits = zLimits(scored, thresholds, thresholds.falseAlarmsPerIncident, scored.judged);
  const selfUs = members.map((ranks) => medianOf(selfMedianUs, ranks));
  const found: SlowStage[] = [];
  for (const [stage, ranks] of members.entries()) {
    const score = Math.exp(scored.level[stage]!);
    if (!isSlow(scored, limits, stage, thresholds.score, thresholds)) continue;
    const others = selfUs[stage]! / score;
    const slow = ranks.filter((rank) => selfMedianUs[rank]! > (1 + sharedExcess * (score - 1)) * others).length;
    const known = ranks.filter((rank) => !Number.isNaN(selfMedianUs[rank]!)).length;
    if (slow < slowRanks * known) continue;
    found.push({
      stage,
      ranks,
      score,
      z: scored.z[stage]!,
      excessUs: selfUs[stage]! - others,
      selfUs,
      log: ratio.log.slice(stage * steps, (stage + 1) * steps),
    });
  }
  return found;
}

function membersByStage(roles: Roles): number[][] {
  const members = Array.from({ length: roles.stages }, () => [] as number[]);
  for (const [rank, stage] of roles.stage.entries()) if (stage >= 0) members[stage]!.push(rank);
  return members;
}

function medianOf(values: Float64Array, ranks: readonly number[]): number {
  const known = Float64Array.from(ranks, (rank) => values[rank]!).filter((value) => !Number.isNaN(value));
  return medianOfPrefix(known, known.length);
}
