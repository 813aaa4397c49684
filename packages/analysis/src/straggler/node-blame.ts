/** Whether slow ranks of one node are too many for chance. */
import { binomialUpperTail } from "../stats/binomial.ts";
import type { JobWindow } from "./job-window.ts";
import type { Thresholds } from "./thresholds.ts";

export type BlamedNode = {
  readonly node: string;
  /** Rank indexes: the slow ones. */
  readonly slow: readonly number[];
  /** Its ranks that could be judged. */
  readonly judged: number;
  /** One-sided binomial tail against the base rate of the job's other ranks. */
  readonly p: number;
};

/**
 * The base rate is that of the other nodes, with half a slow rank added: a node's own ranks would raise the rate that they
 * are tested against, and a rate of zero would blame a node for any two.
 */
export function blamedNodes(
  window: JobWindow,
  judged: Uint8Array,
  slow: Uint8Array,
  thresholds: Thresholds,
): BlamedNode[] {
  const nodes = new Map<string, { slow: number[]; judged: number }>();
  let allJudged = 0;
  let allSlow = 0;
  for (const [rank, { node }] of window.ranks.entries()) {
    if (!judged[rank]) continue;
    allJudged++;
    allSlow += slow[rank]!;
    if (node === undefined) continue;
    const found = nodes.get(node) ?? { slow: [], judged: 0 };
    found.judged++;
    if (slow[rank]) found.slow.push(rank);
    nodes.set(node, found);
  }
  const blamed: BlamedNode[] = [];
  for (const [node, found] of nodes) {
    if (found.slow.length < 2 || found.slow.length < thresholds.nodeShare * found.judged) continue;
    const rate = (allSlow - found.slow.length + 0.5) / (allJudged - found.judged + 1);
    const p = binomialUpperTail(found.slow.length, found.judged, Math.min(1, rate));
    if (p < thresholds.nodeTail) blamed.push({ node, ...found, p });
  }
  return blamed;
}
