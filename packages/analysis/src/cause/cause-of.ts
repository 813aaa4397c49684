/**
 * Why: the decision table of docs/straggler.md. The rows are asked in order and the first that matches is the cause; where none
 * does it is "unknown", and the evidence says what was looked at.
 */
import type { Cause, Confidence, Evidence, Finding, FindingKind } from "@lockstep/schemas/domain/finding";
import { contended, cpuStarved, longerSequences } from "./activity.ts";
import type { CauseFound, CauseRow, Suspicion } from "./cause-row.ts";
import { setLow, throttled } from "./clocks.ts";
import { anyXid, hardwareXid, linkXid, rowRemap, uncorrectableMemory, unlistedXid } from "./faults.ts";
import type { GpuBaseline, GpuWindow } from "./gpu-window.ts";
import { linkRows, pcie } from "./links.ts";
import { allLookedAt, missingEvidence, missingOf } from "./looked-at.ts";

export type CauseVerdict = {
  readonly cause: Cause;
  /** Of the cause, not of the finding. */
  readonly confidence: Confidence;
  readonly evidence: readonly Evidence[];
};

const slowGpuRows: readonly CauseRow[] = [
  hardwareXid,
  uncorrectableMemory,
  throttled,
  setLow,
  cpuStarved,
  longerSequences,
  pcie,
  rowRemap,
  contended,
  unlistedXid,
];

/** A stage with too much to do looks starved or busy beside the others by itself; only what holds a GPU down speaks against it. */
const heldDownRows: readonly CauseRow[] = [hardwareXid, uncorrectableMemory, throttled, setLow];

function rowsFor(kind: FindingKind, suspects: readonly GpuWindow[]): readonly CauseRow[] {
  switch (kind) {
    case "slow_link":
    case "slow_group":
      return [linkXid, ...linkRows(suspects), pcie, hardwareXid];
    case "slow_stage":
      return heldDownRows;
    case "imbalance":
      return [longerSequences];
    case "hang":
      return [anyXid, uncorrectableMemory, rowRemap, unlistedXid];
    case "mismatch":
      return [];
    default:
      return slowGpuRows;
  }
}

/**
 * `suspects`: the window of the GPU the finding names, or of all GPUs it names (node, stage, group, hang). `peers`: GPUs
 * that do the same work in the same window and are not suspected (of very many, some hundreds are looked at). `baseline`: the GPU's own usual values.
 */
export function causeOf(
  finding: Finding,
  suspects: GpuWindow | readonly GpuWindow[],
  peers: readonly GpuWindow[],
  baseline: GpuBaseline = {},
): CauseVerdict {
  const all = Array.isArray(suspects) ? (suspects as readonly GpuWindow[]) : [suspects as GpuWindow];
  const rows = rowsFor(finding.kind, all);
  const asked = sharedByMany(finding.kind) ? spreadOut(all, maxSharing) : all;
  const compared = all.length > 1 ? spreadOut(peers, maxPeers) : peers;
  const suspicions = asked.map((suspect): Suspicion => ({ finding, suspect, peers: compared, baseline }));
  const found = sharedByMany(finding.kind)
    ? sharedCause(suspicions, rows)
    : bestOf(suspicions.map((suspicion) => firstMatch(suspicion, rows)));
  if (found) {
    const { code, text, confidence, evidence } = found;
    return { cause: { code, text }, confidence, evidence };
  }
  return causeWithoutTelemetry(finding, suspicions);
}

/** What thousands share, and are compared with, shows in some hundreds of them; judging shall not take seconds. */
const maxSharing = 256;
const maxPeers = 512;

function spreadOut<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]!);
}

/** These blame what several GPUs have in common; the others are one GPU's or one link's fault. */
function sharedByMany(kind: FindingKind): boolean {
  return kind === "slow_node" || kind === "slow_stage" || kind === "global_slowdown" || kind === "imbalance";
}

function firstMatch(suspicion: Suspicion, rows: readonly CauseRow[]): CauseFound | undefined {
  for (const row of rows) {
    const found = row(suspicion);
    if (found) return found;
  }
  return undefined;
}

const confidences: readonly Confidence[] = ["high", "medium", "low"];

function bestOf(found: readonly (CauseFound | undefined)[]): CauseFound | undefined {
  return found
    .filter((each) => each !== undefined)
    .sort((a, b) => confidences.indexOf(a.confidence) - confidences.indexOf(b.confidence))[0];
}

/** The cause that most of them show, at least half. */
function sharedCause(suspicions: readonly Suspicion[], rows: readonly CauseRow[]): CauseFound | undefined {
  const byCode = new Map<string, CauseFound[]>();
  for (const suspicion of suspicions) {
    const found = firstMatch(suspicion, rows);
    if (found) byCode.set(found.code, [...(byCode.get(found.code) ?? []), found]);
  }
  const most = [...byCode.values()].sort((a, b) => b.length - a.length)[0];
  if (most === undefined || 2 * most.length < suspicions.length) return undefined;
  const best = bestOf(most)!;
  if (suspicions.length === 1) return best;
  const shared = { what: `GPUs that show it, of ${suspicions.length}`, value: most.length, unit: "GPUs" };
  return { ...best, evidence: [shared, ...best.evidence] };
}

const unnamed: Partial<Record<FindingKind, Cause>> = {
  slow_stage: {
    code: "stage_partitioning",
    text: "all ranks of the stage have more to do than the other stages' and no GPU of it is held back: layers are spread unevenly",
  },
};

/** What the finding itself carries stands; else it is unknown. */
function causeWithoutTelemetry(finding: Finding, suspicions: readonly Suspicion[]): CauseVerdict {
  const own = finding.cause.code === "unknown" ? unnamed[finding.kind] : finding.cause;
  const missing = missingEvidence(suspicions.map(({ suspect }) => suspect));
  if (own) return { cause: own, confidence: finding.confidence, evidence: missing };
  const first = suspicions[0];
  return {
    cause: { code: "unknown", text: unknownText(finding, first?.suspect) },
    confidence: "low",
    evidence: first ? allLookedAt(first) : [],
  };
}

function unknownText({ kind }: Finding, suspect: GpuWindow | undefined): string {
  const what = {
    slow_link: "slow link or group, cause unknown: test the links between its members",
    slow_group: "slow link or group, cause unknown: test the links between its members",
    hang: "why it did not enter is unknown: look at the rank's process and stack",
    mismatch: "the ranks disagree about the operation: look at the program",
    imbalance: "uneven work, cause unknown: compare the batches of the ranks",
    global_slowdown: "all ranks are slower, cause unknown: look at storage, network and power of the cluster",
  } as Partial<Record<FindingKind, string>>;
  const text = what[kind] ?? "slow GPU, cause unknown: run the node test";
  if (suspect === undefined) return `${text}; no telemetry of the GPU in this window`;
  const missing = missingOf(suspect).length;
  return missing === 0 ? text : `${text}; ${missing} sources of telemetry are missing`;
}
