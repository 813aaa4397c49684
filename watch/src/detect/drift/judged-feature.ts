/** A judgement on a feature in one window against one baseline, and its row of table `drift_windows`. */
import type { FeatureJudgement } from "@lockstep/analysis/drift/judgement";
import type { DriftBaseline } from "@lockstep/schemas/domain/drift-finding";
import type { JudgedPerformance } from "./judge-performance.ts";

export type JudgedFeature = FeatureJudgement & {
  readonly version: string;
  readonly baseline: DriftBaseline;
  /** The replica that was compared with its peers; else empty. */
  readonly segment: string;
};

export type JudgedWindow = {
  readonly model: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly features: readonly JudgedFeature[];
  readonly performances: readonly JudgedPerformance[];
};

export function driftWindowRow({ model, sinceMs, untilMs }: JudgedWindow, judged: JudgedFeature, nowMs: number) {
  return {
    model,
    version: judged.version,
    kind: judged.kind,
    feature: judged.feature,
    baseline: judged.baseline,
    segment: judged.segment,
    since: sinceMs,
    until: untilMs,
    verdict: judged.verdict,
    reason: judged.reason,
    n_baseline: judged.nBaseline,
    n_current: judged.nCurrent,
    cells: judged.cells,
    p: known(judged.p),
    q: known(judged.q),
    method: judged.method,
    distance: known(judged.distance),
    threshold: known(judged.threshold),
    expected: known(judged.expected),
    distances: judged.distances,
    missing_rate: known(judged.missingRate),
    new_share: known(judged.newShare),
    lost_share: known(judged.lostShare),
    outside: known(judged.outside),
    judged: nowMs,
  };
}

function known(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}
