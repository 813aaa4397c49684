/** Which nodes are to blame in place of their ranks: slow as a whole, or with too many slow ranks for chance. */
import { binomialUpperTail } from "../stats/binomial.ts";
import { median } from "../stats/median.ts";
import type { JobWindow } from "./job-window.ts";
import { isSharing, type NodeScore } from "./node-score.ts";
import type { RankScore } from "./rank-score.ts";
import type { Thresholds } from "./thresholds.ts";

export type BlamedNode = {
  readonly node: string;
  /** Rank indexes: the slow ones. */
  readonly slow: readonly number[];
  /** Its ranks that could be judged. */
  readonly judged: number;
  /** Times slower than ranks of other nodes, in the middle of its slow ranks. */
  readonly score: number;
  readonly z: number;
  /** One-sided binomial tail of so many slow ranks against the base rate of the job's other ranks. */
  readonly p: number;
};

export function blamedNodes(
  window: JobWindow,
  scores: RankScore,
  nodeScore: NodeScore,
  thresholds: Thresholds,
): BlamedNode[] {
  const slow = scores.slow.slice();
  const asWhole = new Map<string, { slow: number[]; score: number; z: number }>();
  for (const { at, level, z } of nodeScore.slow) {
    const { node, ranks } = nodeScore.nodes[at]!;
    const sharing = ranks.filter((rank) => isSharing(nodeScore, rank, level));
    asWhole.set(node, { slow: sharing, score: Math.exp(level), z });
    for (const rank of sharing) slow[rank] = 1;
  }
  const tally = new Tally(window, scores.score, slow);
  const blamed: BlamedNode[] = [];
  for (const [node, found] of tally.nodes) {
    const p = tally.chanceOf(found);
    const whole = asWhole.get(node);
    if (whole) blamed.push({ node, judged: found.judged, p, ...whole });
    else if (tooMany(found, p, thresholds))
      blamed.push({ node, p, ...found, ...middleOf(found.slow, scores, nodeScore) });
  }
  return blamed;
}

type NodeTally = { readonly slow: number[]; judged: number };

function tooMany({ slow, judged }: NodeTally, p: number, { nodeShare, nodeTail }: Thresholds): boolean {
  return slow.length >= 2 && slow.length >= nodeShare * judged && p < nodeTail;
}

/** Against ranks of other nodes where there are any that do the same work. */
function middleOf(slow: readonly number[], { score, z }: RankScore, { rankLevel }: NodeScore) {
  const level = median(slow.map((rank) => rankLevel[rank]!));
  const offNode = Number.isNaN(level) ? median(slow.map((rank) => score[rank]!)) : Math.exp(level);
  return { score: offNode, z: Math.max(...slow.map((rank) => z[rank]!)) };
}

class Tally {
  readonly nodes = new Map<string, NodeTally>();
  #judged = 0;
  #slow = 0;

  constructor({ ranks }: JobWindow, score: Float64Array, slow: Uint8Array) {
    for (const [rank, { node }] of ranks.entries()) {
      if (Number.isNaN(score[rank]!)) continue;
      this.#judged++;
      this.#slow += slow[rank]!;
      if (node === undefined) continue;
      const found = this.nodes.get(node) ?? { slow: [], judged: 0 };
      found.judged++;
      if (slow[rank]) found.slow.push(rank);
      this.nodes.set(node, found);
    }
  }

  /**
   * The base rate is that of the other nodes, with half a slow rank added: a node's own ranks would raise the rate that they
   * are tested against, and a rate of zero would blame a node for any two.
   */
  chanceOf({ slow, judged }: NodeTally): number {
    const rate = (this.#slow - slow.length + 0.5) / (this.#judged - judged + 1);
    return binomialUpperTail(slow.length, judged, Math.min(1, rate));
  }
}
