import type { Cause, Confidence, Evidence, Finding } from "@lockstep/schemas/domain/finding";
import { blamelessCause, culpritCause } from "./causes.ts";
import type { Blameless, Culprit } from "./culprits.ts";
import type { HangState } from "./judge-hang.ts";
import { operationText, waitEvidence } from "./operation-evidence.ts";
import { ranksText } from "./rank-list.ts";
import type { Wait } from "./wait.ts";

export function culpritFinding(job: string, culprit: Culprit, state: HangState): Finding {
  const wait = clearest(culprit.waits, state);
  const waiting = [...wait.waiting.keys()].filter((rank) => rank !== culprit.rank);
  const held = heldUp(culprit.waits, state).filter((rank) => rank !== culprit.rank);
  return {
    kind: "hang",
    job,
    rank: culprit.rank,
    communicator: wait.group.label,
    ranks: waiting.toSorted((a, b) => a - b),
    ...since(wait),
    confidence: confidenceOf(culprit, wait),
    cause: culpritCause(culprit, state),
    summary: summaryOf(culprit, wait, waiting),
    evidence: [
      ...waitEvidence(wait, culprit.rank, state),
      { what: "ranks held up by it, directly or not", value: held.length, unit: "ranks" },
      ...lastCall(culprit.rank, state),
    ],
  };
}

export function blamelessFinding(job: string, blameless: Blameless, state: HangState): Finding {
  const { wait, ranks } = blameless;
  const texts: Record<Blameless["reason"], string> = {
    communication: `all ranks entered ${operationText(wait)} and none completed it: no rank is to blame`,
    ordering: `${ranksText(ranks)} wait for each other: they entered operations in different orders`,
    dumps_missing: `${ranksText(wait.waiting.keys())} wait in ${operationText(wait)}; ${ranksText(ranks)} gave no dump`,
  };
  const cause: Cause = blamelessCause(blameless.reason);
  return {
    kind: "hang",
    job,
    communicator: wait.group.label,
    ranks: ranks.toSorted((a, b) => a - b),
    ...since(wait),
    confidence: blameless.reason === "ordering" ? "high" : blameless.reason === "communication" ? "medium" : "low",
    cause,
    summary: texts[blameless.reason],
    evidence: waitEvidence(wait, undefined, state),
  };
}

/** The wait that is the first one of most ranks: others stand behind it, and tell less. */
function clearest(waits: readonly Wait[], { graph }: HangState): Wait {
  const firstFor = new Map<Wait, number>();
  for (const [first] of graph.ofRank.values()) {
    const wait = first === undefined ? undefined : graph.waits[first];
    if (wait !== undefined) firstFor.set(wait, (firstFor.get(wait) ?? 0) + 1);
  }
  const score = (wait: Wait) => (firstFor.get(wait) ?? 0) + wait.waiting.size / 1e6;
  return waits.reduce((best, wait) => (score(wait) > score(best) ? wait : best));
}

/** Ranks in the waits that lead to `waits`. */
function heldUp(waits: readonly Wait[], { graph }: HangState): number[] {
  const indices = waits.map((wait) => graph.waits.indexOf(wait)).filter((index) => index >= 0);
  const ranks = new Set<number>();
  for (const index of graph.leadingTo(indices)) for (const rank of graph.waits[index]!.waiting.keys()) ranks.add(rank);
  return [...ranks];
}

function summaryOf({ rank, reason }: Culprit, wait: Wait, waiting: readonly number[]): string {
  const operation = operationText(wait);
  const waits = `${ranksText(waiting)} ${waiting.length === 1 ? "waits" : "wait"} for it`;
  switch (reason) {
    case "never_entered":
      return `rank ${rank} never entered ${operation}; ${waits}`;
    case "dump_missing":
      return `rank ${rank} left no record of ${operation}; ${waits}`;
    case "stopped_early":
      return `rank ${rank} stopped before ${operation}, which its peers entered; ${waits}`;
    case "gpu_stopped":
      return `rank ${rank} has not finished what its peers finished before ${operation}; ${waits}`;
    case "gpu_not_started":
      return `rank ${rank} entered ${operation}, but its GPU never began it; ${waits}`;
    case "inside_call":
      return `rank ${rank} is still inside the call that starts ${operation}; ${waits}`;
  }
}

function confidenceOf({ reason }: Culprit, wait: Wait): Confidence {
  if (reason === "inside_call") return "low";
  if (reason === "dump_missing") return wait.unknown.length === 1 ? "medium" : "low";
  if (reason !== "never_entered") return "medium";
  if (wait.missing.length * 2 > wait.members.length) return "low";
  return wait.unknown.length > 0 ? "medium" : "high";
}

/** When the last rank that waits came: since then nobody but the missing ones could go on. */
function since({ waiting }: Wait): { readonly from?: number } {
  const entered = [...waiting.values()].flatMap(({ parts }) => parts[0]?.createdUs ?? []);
  return entered.length === 0 ? {} : { from: Math.floor(Math.max(...entered) / 1000) };
}

/** What the rank last recorded, with the place in the program where stacks were recorded. */
function lastCall(rank: number, { records }: HangState): Evidence[] {
  const last = records.get(rank)?.operations.at(-1);
  if (last === undefined) return [];
  const did = `${last.collective} ${last.seq} of ${last.group.label}`;
  const frame = last.parts[0]?.frames[0];
  return [
    { what: "last operation it entered", value: did, unit: "" },
    ...(frame === undefined
      ? []
      : [{ what: "called from", value: `${frame.name} at ${frame.file}:${frame.line}`, unit: "" }]),
  ];
}
