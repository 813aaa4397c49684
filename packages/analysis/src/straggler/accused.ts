/** From slow ranks to blamed ones: the impact gate, and nodes in place of their ranks. */
import type { JobWindow } from "./job-window.ts";
import { type BlamedNode, blamedNodes } from "./node-blame.ts";
import type { NodeScore } from "./node-score.ts";
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

export type AccusedBy = {
  readonly scores: RankScore;
  readonly nodeScore: NodeScore;
  readonly waiting: Waiting;
  /** Of the step, by rank: what it works longer than by this ratio to its peers. */
  readonly excessShare: (rank: number, score: number) => number;
};

/**
 * Of the time that a rank works longer, what must arrive at the least; the rest may fit in slack. In its inner groups, which
 * meet all the time, nearly all arrives; what its mates are late themselves hides some. Across replicas, less.
 */
const arrivingInside = 0.5;
const arrivingOutside = 0.2;

/**
 * A rank can be slow for long and delay nobody, when its work fits in slack; so somebody must have waited for it. Its own
 * delay shows in its inner groups, against the ranks that it meets all the time; coming late to another replica proves
 * nothing there, since all of its replica does. Only where its inner groups show nothing, or are slow together with it, is
 * lateness across replicas the evidence. Of a slow node one late rank suffices, however much of its delay fits in slack: work
 * on the side makes one rank slow, not all ranks of a machine.
 */
export function accusedOf(window: JobWindow, by: AccusedBy, thresholds: Thresholds): Accused {
  const { scores, nodeScore } = by;
  const candidates = blamedNodes(window, scores, nodeScore, thresholds);
  const slow = scores.slow.slice();
  for (const node of candidates) for (const rank of node.slow) slow[rank] = 1;
  const isLate = (rank: number, score: number) => hasDelayed(window, by, slow, rank, score, thresholds);
  const { inner, outer } = by.waiting;
  const isAnyLate = (rank: number) =>
    inner.share[rank]! >= thresholds.lateness || outer.share[rank]! >= thresholds.lateness;
  const nodes = candidates.filter((node) => node.slow.some(isAnyLate));
  const isCause = new Uint8Array(window.ranks.length);
  for (const node of nodes) for (const rank of node.slow) isCause[rank] = 1;
  const ranks: number[] = [];
  for (let rank = 0; rank < isCause.length; rank++) {
    if (isCause[rank] || !scores.slow[rank] || !isLate(rank, scores.score[rank]!)) continue;
    isCause[rank] = 1;
    ranks.push(rank);
  }
  return { ranks, nodes, isCause };
}

function hasDelayed(
  window: JobWindow,
  { waiting: { inner, outer }, excessShare }: AccusedBy,
  slow: Uint8Array,
  rank: number,
  score: number,
  { lateness }: Thresholds,
): boolean {
  const excess = excessShare(rank, score);
  if (inner.sure[rank]! >= lateness && inner.share[rank]! >= arrivingInside * excess) return true;
  if (matesAreInnocent(window, slow, inner.group[rank]!, rank)) return false;
  return outer.sure[rank]! >= lateness && outer.share[rank]! >= arrivingOutside * excess;
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
