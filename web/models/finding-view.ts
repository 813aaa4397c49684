/** A stored finding of a model as the pages show it. */
import type { DriftFinding } from "@lockstep/schemas/domain/drift-finding";
import type { Confidence, Evidence } from "@lockstep/schemas/domain/finding";
import type { ModelFindingRow } from "@lockstep/schemas/queries/models-findings";
import { z } from "zod";

export type ModelFinding = {
  readonly id: string;
  readonly kind: string;
  readonly model: string;
  readonly version: string | null;
  readonly replica: string | null;
  readonly feature: string | null;
  /** Of the feature: input, prediction, score or latency. */
  readonly of: string | null;
  /** Unix ms: when what it tells began; null: it is still open. */
  readonly fromMs: number;
  readonly closedMs: number | null;
  readonly confidence: Confidence;
  readonly summary: string;
  readonly evidence: readonly Evidence[];
};

const confidence = z.enum(["high", "medium", "low"]).catch("low");

/** What the columns tell stands where the detail cannot be read. */
export function modelFinding(row: ModelFindingRow): ModelFinding {
  const detail = detailOf(row.detail);
  return {
    id: row.id,
    kind: row.kind,
    model: row.model,
    version: row.version === "" ? null : row.version,
    replica: detail.replica ?? null,
    feature: row.feature === "" ? null : row.feature,
    of: detail.of ?? null,
    fromMs: detail.from ?? row.opened,
    closedMs: row.closed,
    confidence: confidence.parse(row.confidence),
    summary: row.summary,
    evidence: Array.isArray(detail.evidence) ? detail.evidence : [],
  };
}

function detailOf(text: string): Partial<DriftFinding> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Partial<DriftFinding>) : {};
  } catch {
    return {};
  }
}

const KINDS: Readonly<Record<string, string>> = {
  drift: "drift",
  broken_replica: "broken replica",
  data_quality: "data quality",
  performance: "performance",
};

export function kindWords(kind: string): string {
  return KINDS[kind] ?? kind;
}
