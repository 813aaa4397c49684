/**
 * The judgement of docs/straggler.md over one window of steps: who is slow, whether anybody had to wait for it, and what it cost.
 */
import type { Finding } from "@lockstep/schemas/domain/finding";
import { median } from "../stats/median.ts";
import { type Accused, accusedOf, nobody } from "./accused.ts";
import { blamedWaste, worstStep } from "./blame.ts";
import { globalSlowdownFinding, imbalanceFinding, slowLinkFinding, slowStageFinding } from "./group-findings.ts";
import { imbalanceOf } from "./imbalance.ts";
import type { JobWindow } from "./job-window.ts";
import type { JobHistory, Judgement, RankColumns } from "./judgement.ts";
import { locateSlowLinks } from "./locate-link.ts";
import { nodeScores } from "./node-score.ts";
import { notEnoughToAcquit, notEnoughToJudge } from "./not-enough-data.ts";
import { ranksSlowerThanPast, type SlowSinceBefore, slowerThanPast } from "./own-history.ts";
import { type RankFacts, slowerThanBeforeFinding, slowNodeFinding, slowRankFinding } from "./rank-findings.ts";
import { rankScores } from "./rank-score.ts";
import { type Roles, rolesOf } from "./roles.ts";
import { medianOverSteps, selfTime } from "./self-time.ts";
import { slowStages } from "./stage-blame.ts";
import { defaultThresholds, type Thresholds } from "./thresholds.ts";
import { type Transfer, transferOf } from "./transfer.ts";
import { latenessShare, type Waiting, waitingOf } from "./waiting.ts";
import { WhatIf } from "./what-if.ts";

export type JudgeOptions = Partial<Thresholds> & { readonly history?: JobHistory };

/** Ranks named one by one in a window; with more, the list helps nobody. The most expensive stay. */
const maxRankFindings = 64;

/** Pure; never throws for data that is missing: what cannot be judged is NaN, and `verdict.not_enough_data` says why. */
export function judge(window: JobWindow, options: JudgeOptions = {}): Judgement {
  const { history, ...overrides } = options;
  const thresholds: Thresholds = { ...defaultThresholds, ...overrides };
  const time = selfTime(window);
  const roles = rolesOf(window);
  const selfMedianUs = medianOverSteps(time.self, window.ranks.length, window.steps);
  const stepMedianUs = median(time.jobStep);
  const waiting = waitingOf(window, time.shareOf);
  const scores = rankScores(window, roles, time, thresholds);
  const transfer = transferOf(window, thresholds);

  const missing = notEnoughToJudge(window, thresholds);
  const stepShare = median(time.shareOf);
  const excessShare = (rank: number, score: number) => (selfMedianUs[rank]! * (1 - 1 / score)) / stepShare;
  const nodeScore = nodeScores(window, scores.sets, { self: time.self, ownWork: scores.ownWork }, thresholds);
  const accused = missing
    ? nobody(window.ranks.length)
    : accusedOf(window, { scores, nodeScore, waiting, excessShare }, thresholds);
  const whatIf = new WhatIf(window, roles, transfer, time.jobStep);
  const facts = { window, time, selfMedianUs, stepMedianUs, scores, waiting, thresholds, roles, transfer, whatIf };
  const since = missing || !history ? [] : lateSinceBefore(facts, history);
  for (const { rank } of since) accused.isCause[rank] = 1;
  const blamed = blamedWaste(window, waiting, accused.isCause);
  const findings = missing ? [] : findingsOf({ ...facts, blamed }, accused, since, history);

  const notEnough =
    missing ??
    (findings.length > 0
      ? undefined
      : notEnoughToAcquit(window, thresholds, {
          ranksWithPeers: count(scores.peers, (peers) => peers > 0),
          groupsWithPeers: count(transfer.judged, (judged) => judged > 0),
          stages: roles.stages,
          slowRanks: count(scores.slow, (slow) => slow > 0),
          ranksWithLateness: count(latenessShare(waiting), (share) => !Number.isNaN(share)),
        }));
  return {
    verdict: { job: window.job, findings, ...(notEnough === undefined ? {} : { not_enough_data: notEnough }) },
    ranks: rankColumns({ ...facts, blamed }),
    groups: transfer.rows,
    slowdown: findings.reduce(
      (worst, { slowdown }) => Math.max(worst, slowdown ?? 1),
      stepMedianUs > 0 ? 1 : Number.NaN,
    ),
    wasteGpuSeconds: waiting.waited.reduce((sum, us) => sum + us, 0) / 1e6,
    stepTimeMedianUs: stepMedianUs,
    worstStep: worstStep(window, waiting, time.jobStep),
  };
}

type Facts = RankFacts & {
  readonly thresholds: Thresholds;
  readonly roles: Roles;
  readonly transfer: Transfer;
  readonly waiting: Waiting;
};

/** The costliest first; a job-wide verdict only where nothing narrower explains the window. */
function findingsOf(
  facts: Facts,
  accused: Accused,
  since: readonly SlowSinceBefore[],
  history: JobHistory | undefined,
): Finding[] {
  const { window, time, selfMedianUs, thresholds, roles, transfer, scores } = facts;
  const findings: Finding[] = [
    ...accused.nodes.map((node) => slowNodeFinding(facts, node)),
    ...costliest(accused.ranks, facts.blamed).map((rank) => slowRankFinding(facts, rank)),
    ...since.map((slower) => slowerThanBeforeFinding(facts, slower)),
    ...slowStages(window, roles, time, selfMedianUs, thresholds).map((stage) => slowStageFinding(facts, stage)),
    ...locateSlowLinks(window, transfer, thresholds).map((link) => slowLinkFinding(facts, transfer, link)),
  ];
  findings.sort((a, b) => (b.slowdown ?? 1) - (a.slowdown ?? 1));
  if (findings.length > 0) return findings;
  const uneven = imbalanceOf(window, roles, scores.log, selfMedianUs, time.shareOf, thresholds);
  if (uneven) return [imbalanceFinding(facts, uneven)];
  const slower = slowerThanPast(facts.stepMedianUs, history?.stepTimeUs, thresholds, 1);
  return slower ? [globalSlowdownFinding(facts, slower)] : [];
}

function costliest(ranks: readonly number[], blamed: Float64Array): number[] {
  return [...ranks].sort((a, b) => blamed[b]! - blamed[a]!).slice(0, maxRankFindings);
}

function lateSinceBefore(facts: Omit<Facts, "blamed">, history: JobHistory): SlowSinceBefore[] {
  const { window, selfMedianUs, scores, thresholds, waiting } = facts;
  const hasPeers = (rank: number) => scores.peers[rank]! > 0;
  return ranksSlowerThanPast(window, history, selfMedianUs, hasPeers, thresholds).filter(
    ({ rank }) => waiting.inner.sure[rank]! >= thresholds.lateness || waiting.outer.sure[rank]! >= thresholds.lateness,
  );
}

function rankColumns({ window, time, scores, selfMedianUs, waiting, blamed, roles }: Facts): RankColumns {
  // Of differences neither a ratio nor a time is known.
  const shown = (values: Float64Array) => (time.source === "relative" ? values.map(() => Number.NaN) : values);
  return {
    score: shown(scores.score),
    z: scores.z,
    nvrxScore: shown(scores.score.map((score) => 1 / score)),
    selfMedianUs: shown(selfMedianUs),
    latenessShare: latenessShare(waiting),
    wasteGpuSeconds: blamed,
    waitGpuSeconds: waitedByRank(waiting.waited, window.ranks.length, window.steps),
    stage: roles.stage,
    peers: scores.peers,
  };
}

function waitedByRank(waited: Float64Array, ranks: number, steps: number): Float64Array {
  return Float64Array.from(
    { length: ranks },
    (_, rank) => waited.subarray(rank * steps, (rank + 1) * steps).reduce((sum, us) => sum + us, 0) / 1e6,
  );
}

function count(values: Uint8Array | Int32Array | Float64Array, matches: (value: number) => boolean): number {
  let n = 0;
  for (const value of values) if (matches(value)) n++;
  return n;
}
