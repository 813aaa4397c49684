/** What is judged of a model in a window, and what is said of it (docs/drift.md). */
import type { DriftMethod, DriftVerdict } from "@lockstep/schemas/domain/drift-finding";
import type { Cells, ObservedKind } from "@lockstep/schemas/domain/observed";

/** What the windows of a baseline tell of themselves: how far apart they are though nothing has changed. */
export type LearntNoise = {
  /** How many windows it was learnt from; below 6 nothing is learnt and the fixed thresholds hold. */
  readonly windows: number;
  /** Over-dispersion: median of chi-square over its degrees of freedom, 1 at the least. */
  readonly phi: number;
  /** Mean + 3 standard deviations of each debiased distance of a window against the others. */
  readonly thresholds: Partial<Record<DriftMethod, number>>;
};

export type FeatureInput = {
  readonly kind: ObservedKind;
  readonly feature: string;
  readonly current: Cells;
  readonly currentMissing: number;
  readonly baseline: Cells;
  readonly baselineMissing: number;
  readonly noise: LearntNoise;
};

export type JudgeOptions = {
  /** Share of false discoveries among the features of a model and window. */
  readonly alpha: number;
  /** Benjamini-Hochberg, or Benjamini-Yekutieli where features depend on each other in any way. */
  readonly correction: "bh" | "by";
  /** Effects below these are not worth an alert however sure they are. */
  readonly thresholds: Readonly<Record<DriftMethod, number>>;
  /** n m / (n + m) of a window must be this many times its cells, else there is not enough data. */
  readonly leastRowsPerCell: number;
};

export const judgeDefaults: JudgeOptions = {
  alpha: 0.05,
  correction: "bh",
  thresholds: { psi: 0.1, js: 0.1, w1: 0.1 },
  leastRowsPerCell: 5,
};

/** Of one feature in one window; numbers are undefined where they are not defined. */
export type FeatureJudgement = {
  readonly kind: ObservedKind;
  readonly feature: string;
  /** Of this window alone; an alert wants it in 2 of 3 windows. */
  readonly verdict: DriftVerdict;
  /** One sentence. */
  readonly reason: string;
  readonly nBaseline: number;
  readonly nCurrent: number;
  /** That were compared, after neighbours were joined. */
  readonly cells: number;
  readonly p: number | undefined;
  readonly q: number | undefined;
  readonly method: DriftMethod;
  readonly distance: number | undefined;
  readonly threshold: number;
  readonly expected: number | undefined;
  /** By the names of CellDistances and AxisDistances. */
  readonly distances: Readonly<Record<string, number>>;
  /** Unlike bounds were split: no test of counts was made. */
  readonly approximate: boolean;
  readonly missingRate: number | undefined;
  readonly newShare: number | undefined;
  readonly lostShare: number | undefined;
  readonly outside: number | undefined;
};
