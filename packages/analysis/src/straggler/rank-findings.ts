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
import { middleRow, type Span, troubleSpan } from "./trouble-span.ts";
import { latenessShare, latestGroup, type Waiting } from "./waiting.ts";
import type { WhatIf } from "./what-if.ts";

export type RankFacts = {
  readonly window: JobWindow;
  readonly time: SelfTime;
  readonly selfMedianUs: Float64Array;
  readonly stepMedianUs: number;
  readonly scores: RankScore;
  readonly waiting: Waiting;
  /** By rank, GPU-seconds. */
  readonly blamed: Float64Array;
  readonly whatIf: WhatIf;
};

/** Microseconds of a step that a rank works longer than its peers' median. */
export function excessUs(facts: RankFacts, rank: number, score = facts.scores.score[rank]!): number {
  return facts.selfMedianUs[rank]! * (1 - 1 / score);
}

export function slowRankFinding(facts: RankFacts, rank: number): Finding {
  const { window, scores, time } = facts;
  const score = scores.score[rank]!;
  // Few peers make a weak middle, which matters the less the further away from it the rank is.
  const fewPeers = scores.peers[rank]! < 5 && scores.z[rank]! < 2 * scores.zLimit[rank]!;
  const weaknesses = (scores.widened[rank] ? 1 : 0) + (fewPeers ? 1 : 0);
  return {
    kind: "slow_rank",
    ...interval(window, time.jobStep, troubleSpan(middleRow(scores.shownLog, window.steps, [rank]))),
    ...place(window, rank),
    ...known({
      score: shownScore(facts, score),
      z: scores.z[rank]!,
      ...costOf(facts, new Map([[rank, ratioBySteps(facts, rank, score)]]), excessUs(facts, rank)),
    }),
    confidence: confidenceOf(window, time.source, weaknesses),
    cause: unknownCause,
    summary: `${name(window, rank)} ${slowerThanOthers(facts, score, excessUs(facts, rank), "its peers")}`,
    evidence: [selfEvidence(facts, rank), latenessEvidence(facts, rank), ...caveats(window, time.source)],
  };
}

/** Step by step, since a mean of it counts and not a median; the median where a step was not heard. */
function ratioBySteps({ window, scores }: RankFacts, rank: number, score: number): Float64Array {
  const { steps } = window;
  return scores.shownLog
    .slice(rank * steps, (rank + 1) * steps)
    .map((log) => (Number.isNaN(log) ? score : Math.exp(log)));
}

/** So many times as long in each step of the span, and as it should be in the others. */
export function ratioWithin({ steps }: JobWindow, ratio: number, { first, last }: Span): Float64Array {
  return new Float64Array(steps).fill(1).fill(ratio, first, last + 1);
}

/** By what the window would have been without them; where it cannot be run again, by their excess and what ended at them. */
function costOf(facts: RankFacts, slower: ReadonlyMap<number, Float64Array>, excessUs: number) {
  const cost = facts.time.source === "relative" ? undefined : facts.whatIf.ofRanks(slower);
  const blamed = [...slower.keys()].reduce((sum, rank) => sum + facts.blamed[rank]!, 0);
  return {
    waste_gpu_seconds: cost?.wasteGpuSeconds ?? blamed,
    slowdown: cost?.slowdown ?? slowdownBy(facts.stepMedianUs, excessUs),
  };
}

/** Where only differences are known, a ratio is not. */
function shownScore({ time }: RankFacts, score: number): number {
  return time.source === "relative" ? Number.NaN : score;
}

function slowerThanOthers({ time }: RankFacts, score: number, excessUs: number, others = "other nodes"): string {
  return time.source === "relative"
    ? `works ${Math.round(excessUs)} us a step longer than ${others}`
    : `is ${score.toFixed(2)}x slower than ${others}`;
}

export function slowNodeFinding(facts: RankFacts, { node, slow, judged, score, z, p }: BlamedNode): Finding {
  const { window, scores, time } = facts;
  const span = troubleSpan(middleRow(scores.shownLog, window.steps, slow));
  const worst = slow.reduce((a, b) => (facts.selfMedianUs[b]! > facts.selfMedianUs[a]! ? b : a));
  const excess = excessUs(facts, worst, score);
  return {
    kind: "slow_node",
    ...interval(window, time.jobStep, span),
    node,
    ranks: slow.map((rank) => window.ranks[rank]!.rank),
    ...known({
      score: shownScore(facts, score),
      z,
      ...costOf(facts, new Map(slow.map((rank) => [rank, ratioWithin(window, score, span)])), excess),
    }),
    confidence: confidenceOf(window, time.source, scores.widened[worst] ? 1 : 0),
    cause: unknownCause,
    summary: `${node}: ${slow.length} of its ${judged} ranks are slow; it ${slowerThanOthers(facts, score, excess)}`,
    evidence: [
      { what: "slow ranks of the node", value: slow.length, unit: "ranks" },
      { what: "self time against ranks of other nodes that do the same work", value: score, unit: "x", z },
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
      ...costOf(facts, new Map([[rank, new Float64Array(window.steps).fill(score)]]), excessUs(facts, rank, score)),
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
  const { rank: jobRank, node, gpu, gpuIndex } = window.ranks[rank]!;
  const where = [node, gpu === undefined ? undefined : `GPU ${gpuIndex ?? gpu}`].filter((part) => part !== undefined);
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
