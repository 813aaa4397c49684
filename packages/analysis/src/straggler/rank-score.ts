/** Self time of each rank against its peers', before the impact gate. */
import type { JobWindow } from "./job-window.ts";
import { peerRatio, withoutSharedWork } from "./peer-ratio.ts";
import { isSlow, type RobustScore, robustScore, zLimits } from "./robust-score.ts";
import type { Roles } from "./roles.ts";
import type { SelfTime } from "./self-time.ts";
import type { Thresholds } from "./thresholds.ts";

export type RankScore = {
  /** By rank: median ratio to the peers; NaN where it has too few. */
  readonly score: Float64Array;
  readonly z: Float64Array;
  /** By rank: ranks compared with, itself not counted. */
  readonly peers: Int32Array;
  /** Rank indexes that are compared with each other. */
  readonly sets: readonly Int32Array[];
  /** By rank: its place in `sets`. */
  readonly setOf: Int32Array;
  /** By rank: 1 where the peers are the ranks of its stage, since it has too few of its own role. */
  readonly widened: Uint8Array;
  /** By rank: 1 where score, z and persistence all say slow. */
  readonly slow: Uint8Array;
  /** By rank: what z had to reach. */
  readonly zLimit: Float64Array;
  /** ln(self / peers' median), [rank * steps + step]. */
  readonly log: Float64Array;
  /** The ratio that score and z are of, by rank a row of `log` or of the ratios of its own work. */
  readonly shownLog: Float64Array;
  /** Of one step about the level, in natural logarithms, as usual among the rank's peers. */
  readonly stepNoise: Float64Array;
  /** Self time without what the replica had in common in the step, microseconds, [rank * steps + step]. */
  readonly ownWork: Float64Array;
};

/**
 * Judged twice: by plain ratios, and by ratios without what the replica's ranks had in common in the step. The second has
 * far less noise where sequence lengths vary, but is blind to a replica that is slow as a whole; so either may accuse, and
 * each has half of the budget. A rank accused by the second must not be fast in the plain ratio: then the others of its
 * replica are faster still, which is no fault of its own.
 */
export function rankScores(window: JobWindow, roles: Roles, { self }: SelfTime, thresholds: Thresholds): RankScore {
  const { steps } = window;
  const { sets, widened } = peerSets(roles, thresholds.minPeers);
  const { log, peers } = peerRatio(self, steps, sets, thresholds.minPeers);
  const plain = robustScore(log, steps, sets, thresholds);
  const ownWork = withoutSharedWork(self, steps, sets, roles.replica, thresholds.minPeers);
  const { log: ownLog } = peerRatio(ownWork, steps, sets, thresholds.minPeers);
  const own = robustScore(ownLog, steps, sets, thresholds);
  const limitsOf = (scored: RobustScore) =>
    zLimits(scored, thresholds, thresholds.falseAlarmsPerIncident, plain.judged + own.judged);
  const plainLimit = limitsOf(plain);
  const ownLimit = limitsOf(own);

  const slow = new Uint8Array(window.ranks.length);
  const score = new Float64Array(window.ranks.length);
  const z = new Float64Array(window.ranks.length);
  const zLimit = new Float64Array(window.ranks.length);
  const stepNoise = new Float64Array(window.ranks.length);
  const shownLog = log.slice();
  for (let rank = 0; rank < slow.length; rank++) {
    const byPlain = isSlow(plain, plainLimit, rank, thresholds.score, thresholds);
    const byOwn = isSlow(own, ownLimit, rank, thresholds.score, thresholds) && plain.level[rank]! > 0;
    slow[rank] = byPlain || byOwn ? 1 : 0;
    const showsOwn = byOwn && !(plain.z[rank]! > own.z[rank]!);
    const shown = showsOwn ? own : plain;
    if (showsOwn) shownLog.set(ownLog.subarray(rank * steps, (rank + 1) * steps), rank * steps);
    score[rank] = Math.exp(shown.level[rank]!);
    z[rank] = shown.z[rank]!;
    zLimit[rank] = (showsOwn ? ownLimit : plainLimit)[rank]!;
    stepNoise[rank] = shown.stepNoise[rank]!;
  }
  const setOf = new Int32Array(window.ranks.length);
  for (const [set, members] of sets.entries()) for (const rank of members) setOf[rank] = set;
  return { score, z, peers, sets, setOf, widened, slow, zLimit, log, shownLog, stepNoise, ownWork };
}

/**
 * Ranks of a role. In a stage where data parallelism is too narrow for that (or too many of a role were not heard), all
 * ranks of the stage: tensor and context parallelism cut a layer into equal parts, so they too do the same work.
 */
function peerSets(roles: Roles, minPeers: number): { sets: Int32Array[]; widened: Uint8Array } {
  const isNarrow = (members: Int32Array) => members.length <= minPeers;
  const stageOf = (members: Int32Array) => roles.stage[members[0]!]!;
  const narrowStages = new Set(roles.members.filter(isNarrow).map(stageOf));
  const widened = new Uint8Array(roles.role.length);
  const byStage = new Map<number, number[]>();
  for (const [rank, stage] of roles.stage.entries()) {
    if (!narrowStages.has(stage)) continue;
    widened[rank] = 1;
    const ranks = byStage.get(stage);
    if (ranks) ranks.push(rank);
    else byStage.set(stage, [rank]);
  }
  const sets = roles.members.filter((members) => !narrowStages.has(stageOf(members)));
  return { sets: [...sets, ...[...byStage.values()].map((ranks) => Int32Array.from(ranks))], widened };
}
