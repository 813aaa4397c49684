/** Findings that name no single rank's work: links, groups, stages, uneven work, the job as a whole. */
import type { Evidence, Finding } from "@lockstep/schemas/domain/finding";
import { caveats, confidenceOf, interval, known, unknownCause } from "./evidence-base.ts";
import type { Imbalance } from "./imbalance.ts";
import { slowdownBy } from "./impact.ts";
import type { JobWindow } from "./job-window.ts";
import type { SlowLink } from "./locate-link.ts";
import type { AgainstPast } from "./own-history.ts";
import { ratioWithin } from "./rank-findings.ts";
import type { SelfTime } from "./self-time.ts";
import type { SlowStage } from "./stage-blame.ts";
import type { Transfer } from "./transfer.ts";
import { middleRow, troubleSpan } from "./trouble-span.ts";
import type { WhatIf } from "./what-if.ts";

export type WindowFacts = {
  readonly window: JobWindow;
  readonly time: SelfTime;
  readonly stepMedianUs: number;
  readonly whatIf: WhatIf;
};

/** Groups listed in the evidence of one finding. */
const maxListed = 8;

/** Microseconds of a step that the slowest of the groups takes longer than its class. */
export function linkExcessUs(transfer: Transfer, { rows }: SlowLink): number {
  return Math.max(...rows.map((row) => transfer.excessUs[row]!));
}

/** GPU-seconds of the window: all members of a slow group are held up by it. */
export function linkWaste(window: JobWindow, transfer: Transfer, { rows }: SlowLink): number {
  let us = 0;
  for (const row of rows) {
    const { communicator } = window.operations[transfer.column[row]!]!;
    us += transfer.excessUs[row]! * window.communicators[communicator]!.members.length * window.steps;
  }
  return us / 1e6;
}

/** GPU-seconds of the window, when so many ranks wait for all of the excess in every step. */
function waitedFor(window: JobWindow, excessUs: number, ranks: number): number {
  return (excessUs * ranks * window.steps) / 1e6;
}

export function slowLinkFinding(
  { window, time, stepMedianUs, whatIf }: WindowFacts,
  transfer: Transfer,
  link: SlowLink,
): Finding {
  const span = troubleSpan(middleRow(transfer.log, window.steps, link.rows));
  const cost = whatIf.ofLink(link.rows, span);
  const worst = transfer.rows[link.rows[0]!]!;
  const rank = link.rank === undefined ? undefined : window.ranks[link.rank]!;
  const groups = [...new Set(link.rows.map((row) => transfer.rows[row]!.communicator))];
  const located = rank !== undefined || (link.node !== undefined && groups.length > 1);
  const unheard = link.rows.filter((row) => transfer.incomplete[row]).length;
  return {
    kind: located ? "slow_link" : "slow_group",
    ...interval(window, time.jobStep, span),
    ...(rank === undefined ? {} : { rank: rank.rank, ...(rank.gpu === undefined ? {} : { gpu: rank.gpu }) }),
    ...(link.node === undefined ? {} : { node: link.node }),
    communicator: worst.communicator,
    ...(located ? {} : { ranks: membersOf(window, worst.communicator) }),
    ...known({
      score: worst.score,
      z: worst.z,
      waste_gpu_seconds: cost?.wasteGpuSeconds ?? linkWaste(window, transfer, link),
      slowdown: cost?.slowdown ?? slowdownBy(stepMedianUs, linkExcessUs(transfer, link)),
    }),
    confidence: confidenceOf(
      window,
      "measured",
      unheard === link.rows.length ? 2 : 2 * unheard > link.rows.length ? 1 : 0,
    ),
    cause: unknownCause,
    summary: linkSummary(link, rank?.rank, groups, worst.score),
    evidence: [...groupEvidence(transfer, link), ...caveats(window, "measured")],
  };
}

function linkSummary(link: SlowLink, rank: number | undefined, groups: readonly string[], score: number): string {
  const slower = `${score.toFixed(2)}x slower than in groups of the same kind`;
  if (rank !== undefined) {
    const on = link.node === undefined ? "" : ` (${link.node})`;
    return `transfers through rank ${rank}${on} are ${slower}, in all ${groups.length} of its slow groups`;
  }
  if (groups.length === 1) return `transfers in group ${groups[0]} are ${slower}`;
  if (link.node !== undefined) return `transfers through ${link.node} are ${slower}, in ${groups.length} groups`;
  return `transfers in ${groups.length} groups are ${slower}; no one rank or node explains them`;
}

function groupEvidence(transfer: Transfer, { rows }: SlowLink): Evidence[] {
  const listed = rows.slice(0, maxListed).map((row): Evidence => {
    const { communicator, collective, transferUs, score, z } = transfer.rows[row]!;
    const normal = transferUs / score;
    return {
      what: `transfer time of ${collective} in group ${communicator}`,
      value: transferUs,
      unit: "us",
      peers: { median: normal, low: normal, high: normal },
      ...known({ z }),
    };
  });
  if (rows.length > maxListed) listed.push({ what: "slow groups in all", value: rows.length, unit: "groups" });
  return listed;
}

function membersOf(window: JobWindow, communicator: string): number[] {
  const members = window.communicators.find(({ id }) => id === communicator)?.members ?? new Int32Array(0);
  return Array.from(
    members.filter((rank) => rank >= 0),
    (rank) => window.ranks[rank]!.rank,
  );
}

export function slowStageFinding({ window, time, stepMedianUs, whatIf }: WindowFacts, found: SlowStage): Finding {
  const { stage, ranks, score, z, excessUs, selfUs } = found;
  const span = troubleSpan(found.log);
  const cost = whatIf.ofRanks(new Map(ranks.map((rank) => [rank, ratioWithin(window, score, span)])));
  const others = selfUs.filter((_, other) => other !== stage);
  return {
    kind: "slow_stage",
    ...interval(window, time.jobStep, span),
    stage,
    ranks: ranks.map((rank) => window.ranks[rank]!.rank),
    ...known({
      score,
      z,
      waste_gpu_seconds: cost?.wasteGpuSeconds ?? waitedFor(window, excessUs, window.ranks.length - ranks.length),
      slowdown: cost?.slowdown ?? slowdownBy(stepMedianUs, excessUs),
    }),
    // A stage of one rank cannot be told from a slow rank.
    confidence: confidenceOf(window, time.source, ranks.length < 2 ? 2 : 0),
    cause: { code: "stage_partitioning", text: "all ranks of the stage have more to do: layers are spread unevenly" },
    summary: `pipeline stage ${stage} works ${score.toFixed(2)}x as long as the other stages, on all of its ranks`,
    evidence: [
      {
        what: "self time of a step, median of the stage",
        value: selfUs[stage]!,
        unit: "us",
        peers: { median: selfUs[stage]! / score, low: Math.min(...others), high: Math.max(...others) },
        z,
      },
      ...caveats(window, time.source),
    ],
  };
}

export function imbalanceFinding({ window, time, stepMedianUs, whatIf }: WindowFacts, found: Imbalance): Finding {
  const shared = !Number.isNaN(found.sharedWithin);
  const cost = whatIf.ofUnevenWork();
  return {
    kind: "imbalance",
    ...interval(window, time.jobStep),
    ...known({
      waste_gpu_seconds: cost?.wasteGpuSeconds ?? waitedFor(window, found.excessUs, window.ranks.length),
      slowdown: cost?.slowdown ?? slowdownBy(stepMedianUs, found.excessUs),
    }),
    confidence: confidenceOf(window, time.source, shared ? 0 : 1),
    cause: shared
      ? {
          code: "sequence_length",
          text: "whole replicas are slow together, others every step: batches of unequal length",
        }
      : unknownCause,
    summary: `each step waits for another rank with more work: ${(100 * found.stepShare).toFixed(0)} % of the step`,
    evidence: [
      { what: "longest replica beyond the median, share of the step", value: 100 * found.stepShare, unit: "%" },
      { what: "spread of self time between replicas in a step", value: 100 * found.cv, unit: "%" },
      { what: "different replicas that were the longest", value: found.differentLongest, unit: "replicas" },
      ...(shared ? [{ what: "correlation of self time within a replica", value: found.sharedWithin, unit: "" }] : []),
      ...caveats(window, time.source),
    ],
  };
}

export function globalSlowdownFinding({ window, time, stepMedianUs }: WindowFacts, found: AgainstPast): Finding {
  return {
    kind: "global_slowdown",
    ...interval(window, time.jobStep),
    score: found.score,
    z: found.z,
    slowdown: found.score,
    confidence: confidenceOf(window, time.source, 1),
    cause: unknownCause,
    summary: `the whole job is ${found.score.toFixed(2)}x slower than in earlier windows, no rank more than another`,
    evidence: [
      { what: "step time", value: stepMedianUs, unit: "us", z: found.z },
      { what: "step time in earlier windows", value: found.pastMedianUs, unit: "us" },
      ...caveats(window, time.source),
    ],
  };
}
