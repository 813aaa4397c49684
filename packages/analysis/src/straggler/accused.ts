/** From slow ranks to blamed ones: the impact gate, and nodes in place of their ranks. */
import type { JobWindow } from "./job-window.ts";
import { type BlamedNode, blamedNodes } from "./node-blame.ts";
import type { RankScore } from "./rank-score.ts";
import type { Thresholds } from "./thresholds.ts";
import type { Waiting } from "./waiting.ts";

export type Accused = {
  /** Rank indexes, those of blamed nodes not among them. */
  readonly ranks: readonly number[];
  readonly nodes: readonly BlamedNode[];
  /** By rank: 1 where it is blamed, alone or with its node. */
  readonly isCause: Uint8Array;
};

/** Of the time that a rank works longer, this share at least must arrive across replicas: the rest may fit in slack. */
const arrivingShare = 0.2;

/**
 * A rank can be slow for long and delay nobody, when its work fits in slack; so somebody must have waited for it. Its own
 * delay shows in its inner groups, against the ranks that it meets all the time; coming late to another replica proves
 * nothing there, since all of its replica does. Only where its inner groups show nothing, or are slow together with it, is
 * lateness across replicas the evidence. Of a slow node one late rank suffices.
 */
export function accusedOf(
  window: JobWindow,
  scores: RankScore,
  waiting: Waiting,
  excessShare: (rank: number) => number,
  thresholds: Thresholds,
): Accused {
  const isLate = (rank: number) => {
    if (waiting.inner.sure[rank]! >= thresholds.lateness) return true;
    if (matesAreInnocent(window, scores.slow, waiting.inner.group[rank]!, rank)) return false;
    const arriving = waiting.outer.share[rank]! >= arrivingShare * excessShare(rank);
    return arriving && waiting.outer.sure[rank]! >= thresholds.lateness;
  };
  const judged = Uint8Array.from(scores.score, (score) => (Number.isNaN(score) ? 0 : 1));
  const nodes = blamedNodes(window, judged, scores.slow, thresholds).filter(({ slow }) => slow.some(isLate));
  const isCause = new Uint8Array(window.ranks.length);
  for (const { slow } of nodes) for (const rank of slow) isCause[rank] = 1;
  const ranks: number[] = [];
  for (let rank = 0; rank < isCause.length; rank++) {
    if (isCause[rank] || !scores.slow[rank] || !isLate(rank)) continue;
    isCause[rank] = 1;
    ranks.push(rank);
  }
  return { ranks, nodes, isCause };
}

function matesAreInnocent(window: JobWindow, slow: Uint8Array, group: number, rank: number): boolean {
  if (group < 0) return false;
  const mates = window.communicators[group]!.members.filter((member) => member >= 0 && member !== rank);
  const slowMates = mates.reduce((sum, mate) => sum + slow[mate]!, 0);
  return 2 * slowMates < mates.length;
}

export function nobody(ranks: number): Accused {
  return { ranks: [], nodes: [], isCause: new Uint8Array(ranks) };
}
