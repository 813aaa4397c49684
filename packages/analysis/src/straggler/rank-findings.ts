/** Findings about ranks and nodes, in words and numbers. */
import type { Evidence, Finding } from "@lockstep/schemas/domain/finding";
import { medianOfPrefix } from "../stats/median.ts";
import { caveats, confidenceOf, interval, known, unknownCause } from "./evidence-base.ts";
import { slowdownBy } from "./impact.ts";
import type { JobWindow } from "./job-window.ts";
import type { BlamedNode } from "./node-blame.ts";
import type { SlowSinceBefore } from "./own-history.ts";
import type { RankScore } from "./rank-score.ts";
import type { SelfTime } from "./self-time.ts";
import { latenessShare, latestGroup, type Waiting } from "./waiting.ts";

export type RankFacts = {
  readonly window: JobWindow;
  readonly time: SelfTime;
  readonly selfMedianUs: Float64Array;
  readonly stepMedianUs: number;
  readonly scores: RankScore;
  readonly waiting: Waiting;
  /** By rank, GPU-seconds. */
  readonly blamed: Float64Array;
};

/** Microseconds of a step that a rank works longer than its peers' median. */
export function excessUs(facts: RankFacts, rank: number): number {
  return facts.selfMedianUs[rank]! * (1 - 1 / facts.scores.score[rank]!);
}

export function slowRankFinding(facts: RankFacts, rank: number): Finding {
  const { window, scores, time } = facts;
  const score = scores.score[rank]!;
  // Few peers make a weak middle, which matters the less the further away from it the rank is.
  const fewPeers = scores.peers[rank]! < 5 && scores.z[rank]! < 2 * scores.zLimit;
  const weaknesses = (scores.widened[rank] ? 1 : 0) + (fewPeers ? 1 : 0);
  return {
    kind: "slow_rank",
    ...interval(window, time.jobStep),
    ...place(window, rank),
    ...known({
      score: shownScore(facts, score),
      z: scores.z[rank]!,
      waste_gpu_seconds: facts.blamed[rank]!,
      slowdown: slowdownBy(facts.stepMedianUs, excessUs(facts, rank)),
    }),
    confidence: confidenceOf(window, time.source, weaknesses),
    cause: unknownCause,
    summary: `${name(window, rank)} ${slowerThanPeers(facts, score, excessUs(facts, rank))}`,
    evidence: [selfEvidence(facts, rank), latenessEvidence(facts, rank), ...caveats(window, time.source)],
  };
}

/** Where only differences are known, a ratio is not. */
function shownScore({ time }: RankFacts, score: number): number {
  return time.source === "relative" ? Number.NaN : score;
}

function slowerThanPeers({ time }: RankFacts, score: number, excessUs: number): string {
  return time.source === "relative"
    ? `works ${Math.round(excessUs)} us a step longer than its peers`
    : `is ${score.toFixed(2)}x slower than its peers`;
}

export function slowNodeFinding(facts: RankFacts, { node, slow, judged, p }: BlamedNode): Finding {
  const { window, scores, time } = facts;
  const worst = slow.reduce((a, b) => (excessUs(facts, b) > excessUs(facts, a) ? b : a));
  const score = medianOfPrefix(
    Float64Array.from(slow, (rank) => scores.score[rank]!),
    slow.length,
  );
  return {
    kind: "slow_node",
    ...interval(window, time.jobStep),
    node,
    ranks: slow.map((rank) => window.ranks[rank]!.rank),
    ...known({
      score: shownScore(facts, score),
      z: scores.z[worst]!,
      waste_gpu_seconds: slow.reduce((sum, rank) => sum + facts.blamed[rank]!, 0),
      slowdown: slowdownBy(facts.stepMedianUs, excessUs(facts, worst)),
    }),
    confidence: confidenceOf(window, time.source, scores.widened[worst] ? 1 : 0),
    cause: unknownCause,
    summary: `${node}: ${slow.length} of its ${judged} ranks are slow; the worst ${slowerThanPeers(facts, scores.score[worst]!, excessUs(facts, worst))}`,
    evidence: [
      { what: "slow ranks of the node", value: slow.length, unit: "ranks" },
      { what: "chance of so many, by the rate elsewhere", value: p, unit: "" },
      selfEvidence(facts, worst),
      latenessEvidence(facts, worst),
      ...caveats(window, time.source),
    ],
  };
}

export function slowerThanBeforeFinding(facts: RankFacts, slower: SlowSinceBefore): Finding {
  const { window, time } = facts;
  const { rank, score, z, pastMedianUs } = slower;
  return {
    kind: "slow_rank",
    ...interval(window, time.jobStep),
    ...place(window, rank),
    ...known({
      score,
      z,
      waste_gpu_seconds: facts.blamed[rank]!,
      slowdown: slowdownBy(facts.stepMedianUs, facts.selfMedianUs[rank]! * (1 - 1 / score)),
    }),
    confidence: "low",
    cause: unknownCause,
    summary: `${name(window, rank)} is ${score.toFixed(2)}x slower than it was; too few ranks do the same work to compare it with`,
    evidence: [
      { what: "self time of a step", value: facts.selfMedianUs[rank]!, unit: "us", z },
      { what: "self time of a step in earlier windows", value: pastMedianUs, unit: "us" },
      latenessEvidence(facts, rank),
      ...caveats(window, time.source),
    ],
  };
}

function place(window: JobWindow, rank: number): Pick<Finding, "rank" | "node" | "gpu"> {
  const { rank: jobRank, node, gpu } = window.ranks[rank]!;
  return { rank: jobRank, ...(node === undefined ? {} : { node }), ...(gpu === undefined ? {} : { gpu }) };
}

function name(window: JobWindow, rank: number): string {
  const { rank: jobRank, node, gpu } = window.ranks[rank]!;
  const where = [node, gpu === undefined ? undefined : `GPU ${gpu}`].filter((part) => part !== undefined);
  return where.length === 0 ? `rank ${jobRank}` : `rank ${jobRank} (${where.join(", ")})`;
}

function selfEvidence({ scores, selfMedianUs, time }: RankFacts, rank: number): Evidence {
  const peers = Float64Array.from(scores.sets[scores.setOf[rank]!]!)
    .filter((peer) => peer !== rank)
    .map((peer) => selfMedianUs[peer]!)
    .filter((us) => !Number.isNaN(us));
  const median = medianOfPrefix(peers, peers.length);
  if (time.source === "relative") {
    const z = known({ z: scores.z[rank]! });
    return { what: "work beyond the peers' median", value: selfMedianUs[rank]! - median, unit: "us", ...z };
  }
  return {
    what: "self time of a step",
    value: selfMedianUs[rank]!,
    unit: "us",
    ...(peers.length === 0 ? {} : { peers: { median, low: peers[0]!, high: peers[peers.length - 1]! } }),
    ...known({ z: scores.z[rank]! }),
  };
}

function latenessEvidence({ window, waiting }: RankFacts, rank: number): Evidence {
  const group = window.communicators[latestGroup(waiting, rank)];
  return {
    what: group ? `later than the others of ${group.kind} group ${group.id}, share of the step` : "lateness",
    value: group ? 100 * latenessShare(waiting)[rank]! : "no group shows it",
    unit: group ? "%" : "",
  };
}
