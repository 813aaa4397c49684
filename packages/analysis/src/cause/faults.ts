/** Faults that the GPU told itself: Xid errors, uncorrectable memory errors, rows waiting for replacement. */
import type { Evidence } from "@lockstep/schemas/domain/finding";
import { type Xid, type XidBlame, xidOf } from "../gpu/xid-catalog.ts";
import type { CauseFound, CauseRow } from "./cause-row.ts";
import { compare, evidenceOf } from "./compare.ts";
import type { GpuWindow } from "./gpu-window.ts";

/** What can slow a GPU or stop it. An application's own error ends the application, it does not slow it. */
const faulty: readonly XidBlame[] = ["hardware", "pcie", "link", "driver", "power"];

const severities = ["critical", "warning", "info"] as const;

/** The Xid that says most: the gravest, then the one that blames hardware first, then the earliest. */
function gravest(window: GpuWindow, counts: (xid: Xid) => boolean): { xid: Xid; at: number } | undefined {
  const order = ({ severity, blame }: Xid) => severities.indexOf(severity) * faulty.length + faulty.indexOf(blame);
  return (window.xids ?? [])
    .map(({ code, at }) => ({ xid: xidOf(code), at }))
    .filter(({ xid }) => counts(xid))
    .sort((a, b) => order(a.xid) - order(b.xid) || a.at - b.at)[0];
}

function xidCause({ xids }: GpuWindow, { xid }: { xid: Xid }, confidence: CauseFound["confidence"]): CauseFound {
  return {
    code: `xid_${xid.code}`,
    text: `Xid ${xid.code}: ${xid.meaning}; ${xid.immediate}`,
    confidence,
    evidence: xidEvidence({ xids } as GpuWindow),
  };
}

export function xidEvidence({ xids = [] }: GpuWindow): Evidence[] {
  const seen = new Map<number, number[]>();
  for (const { code, at } of xids) seen.set(code, [...(seen.get(code) ?? []), at]);
  return [...seen].slice(0, 8).map(([code, at]) => ({
    what: `Xid ${code} (${xidOf(code).meaning}), times; first at ${new Date(Math.min(...at)).toISOString()}`,
    value: at.length,
    unit: "",
  }));
}

export const hardwareXid: CauseRow = ({ suspect }) => {
  const found = gravest(suspect, ({ blame, severity }) => faulty.includes(blame) && severity !== "info");
  return found && xidCause(suspect, found, found.xid.severity === "critical" ? "high" : "medium");
};

/** Of a link: the others are left to the rows behind it. */
export const linkXid: CauseRow = ({ suspect }) => {
  const found = gravest(
    suspect,
    ({ blame, severity }) => (blame === "link" || blame === "pcie") && severity !== "info",
  );
  return found && xidCause(suspect, found, "high");
};

/** A process that failed enters no collective any more, whoever is to blame. */
export const anyXid: CauseRow = ({ suspect }) => {
  const found = gravest(suspect, ({ severity, blame }) => severity !== "info" || blame === "app");
  return found && xidCause(suspect, found, found.xid.severity === "critical" ? "high" : "medium");
};

/** Last resort: a code the catalog does not know is worth naming, and no more. */
export const unlistedXid: CauseRow = ({ suspect }) => {
  const found = gravest(suspect, ({ listed }) => !listed);
  return found && xidCause(suspect, found, "low");
};

export const uncorrectableMemory: CauseRow = ({ suspect, peers }) => {
  const errors = compare(({ ecc }) => ecc?.doubleBit, suspect, peers);
  if (!((errors.value ?? 0) > 0)) return undefined;
  return {
    code: "ecc",
    text: "memory errors that cannot be corrected: drain the node and reset the GPU",
    confidence: "high",
    evidence: [
      ...evidenceOf("ECC errors of two bits in the window", "", errors),
      ...evidenceOf(
        "ECC errors of one bit in the window",
        "",
        compare(({ ecc }) => ecc?.singleBit, suspect, peers),
      ),
    ],
  };
};

export const rowRemap: CauseRow = ({ suspect }) => {
  const { pending, failure } = suspect.rowRemap ?? {};
  if (!pending && !failure) return undefined;
  return {
    code: "row_remap",
    text: failure
      ? "a faulty memory row could not be replaced: the board has to be exchanged"
      : "a faulty memory row waits for its replacement: reset the GPU when the node is drained",
    confidence: "medium",
    evidence: [{ what: "row remapping", value: failure ? "failed" : "pending", unit: "" }],
  };
};
