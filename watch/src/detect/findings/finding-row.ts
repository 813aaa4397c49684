/** A finding of a job as a row of the table `findings`; those of models are in drift-finding-row.ts. */
import { createHash } from "node:crypto";
import type { Finding } from "@lockstep/schemas/domain/finding";
import type { OpenFindingRow } from "@lockstep/schemas/queries/open-findings";

export type Episode<Said = Finding> = {
  /** The same for one trouble from its opening to its end, whichever watch sees it. */
  readonly id: string;
  /** The kind and whom it is about. */
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly openedMs: number;
  readonly finding: Said;
  /** Since it was opened. */
  readonly wasteGpuSeconds: number;
  readonly closedMs?: number;
};

/** How findings of one sort, of jobs or of models, are written and read. */
export type FindingForm<Said> = {
  readonly of: "jobs" | "models";
  /** The job or model that it is about. */
  readonly whose: (finding: Said) => string;
  readonly row: (episode: Episode<Said>, updatedMs: number) => Readonly<Record<string, unknown>>;
  /** Undefined where the row was written by somebody else and is no such finding. */
  readonly read: (row: OpenFindingRow) => { readonly finding: Said; readonly subject: string } | undefined;
};

/** From what was seen alone: two watches that see the same trouble open give it one row. */
export function findingId(whose: string, subject: string, openedMs: number): string {
  return createHash("sha256")
    .update(JSON.stringify([whose, subject, openedMs]))
    .digest("hex")
    .slice(0, 24);
}

/** `updatedMs` is the row's version: a later row replaces an earlier one. */
export function findingRow({ id, openedMs, closedMs, finding, wasteGpuSeconds }: Episode, updatedMs: number) {
  const { kind, job, rank, node, gpu, score, confidence, cause, summary } = finding;
  return {
    id,
    kind,
    job,
    rank: rank ?? null,
    node: node ?? "",
    gpu: gpu ?? "",
    opened: Math.round(openedMs),
    closed: closedMs === undefined ? null : Math.round(closedMs),
    score: score ?? null,
    waste_gpu_seconds: wasteGpuSeconds,
    confidence,
    cause: cause.code,
    summary,
    detail: JSON.stringify({ ...finding, waste_gpu_seconds: wasteGpuSeconds }),
    updated: updatedMs,
  };
}

/** Undefined where the row was written by somebody else and is no finding. */
export function findingOf(detail: string): Finding | undefined {
  try {
    const finding = JSON.parse(detail) as Partial<Finding>;
    const whole =
      typeof finding.kind === "string" && typeof finding.job === "string" && Array.isArray(finding.evidence);
    return whole && finding.cause !== undefined ? (finding as Finding) : undefined;
  } catch {
    return undefined;
  }
}

export const jobFindings: FindingForm<Finding> = {
  of: "jobs",
  whose: ({ job }) => job,
  row: findingRow,
  read({ job, detail }) {
    const finding = findingOf(detail);
    // What it was about is told again by whoever takes it up.
    return finding && { finding: { ...finding, job }, subject: "" };
  },
};
