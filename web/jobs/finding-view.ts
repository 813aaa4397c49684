/** A stored finding as the pages show it. */
import type { Cause, Confidence, Evidence, Finding } from "@lockstep/schemas/domain/finding";
import type { FindingRow } from "@lockstep/schemas/queries/findings";
import { z } from "zod";

export type FindingView = {
  readonly id: string;
  readonly kind: string;
  readonly job: string;
  readonly rank: number | null;
  readonly ranks: readonly number[];
  readonly node: string | null;
  readonly gpu: string | null;
  readonly stage: number | null;
  readonly communicator: string | null;
  /** Unix ms; null: it is still open. */
  readonly openedMs: number;
  readonly closedMs: number | null;
  readonly score: number | null;
  readonly slowdown: number | null;
  readonly wasteGpuSeconds: number;
  readonly confidence: Confidence;
  readonly cause: Cause;
  readonly summary: string;
  readonly evidence: readonly Evidence[];
};

const confidence = z.enum(["high", "medium", "low"]).catch("low");

/** What the columns tell stands where the detail cannot be read. */
export function findingView(row: FindingRow): FindingView {
  const detail = detailOf(row.detail);
  return {
    id: row.id,
    kind: row.kind,
    job: row.job,
    rank: row.rank,
    ranks: detail.ranks ?? [],
    node: row.node === "" ? null : row.node,
    gpu: row.gpu === "" ? null : row.gpu,
    stage: detail.stage ?? null,
    communicator: detail.communicator ?? null,
    openedMs: row.opened,
    closedMs: row.closed,
    score: row.score,
    slowdown: detail.slowdown ?? null,
    wasteGpuSeconds: row.wasteGpuSeconds,
    confidence: confidence.parse(row.confidence),
    cause: detail.cause ?? { code: row.cause, text: row.cause },
    summary: row.summary,
    evidence: detail.evidence ?? [],
  };
}

function detailOf(text: string): Partial<Finding> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Partial<Finding>) : {};
  } catch {
    return {};
  }
}

const KINDS: Readonly<Record<string, string>> = {
  slow_rank: "slow rank",
  slow_node: "slow node",
  slow_stage: "slow stage",
  slow_link: "slow link",
  slow_group: "slow group",
  imbalance: "uneven work",
  global_slowdown: "all slower",
  hang: "hang",
  mismatch: "mismatch",
};

export function kindWords(kind: string): string {
  return KINDS[kind] ?? kind;
}

/** A job that stands still is worse than one that is slow. */
export function severityOf({ kind, closedMs }: Pick<FindingView, "kind" | "closedMs">): "critical" | "warning" | "ok" {
  if (closedMs !== null) return "ok";
  return kind === "hang" || kind === "mismatch" ? "critical" : "warning";
}
