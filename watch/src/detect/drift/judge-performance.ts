/** How well a model does in a window: estimated from its scores, realised where labels have come, against what is usual. Pure. */
import { calibrate, calibrationError } from "@lockstep/analysis/drift/performance/calibration";
import { estimatePerformance } from "@lockstep/analysis/drift/performance/estimate";
import type { Performance } from "@lockstep/analysis/drift/performance/performance";
import {
  judgePerformance,
  type PerformanceBand,
  type PerformanceVerdict,
  performanceBand,
} from "@lockstep/analysis/drift/performance/performance-band";
import { realisedPerformance } from "@lockstep/analysis/drift/performance/realised";
import type { ExplicitCells, LabelledCells } from "@lockstep/schemas/domain/observed";
import type { PerformanceMetric, PerformanceWay } from "@lockstep/schemas/process/verdict-metrics";
import type { BaselineFeature, WindowBaseline } from "./judge-model-window.ts";
import { featureKey, type WindowFeature } from "./model-window.ts";
import type { Summed } from "./stored-cells.ts";

export type JudgedPerformance = {
  readonly version: string;
  readonly way: PerformanceWay;
  readonly n: number;
  readonly values: Readonly<Partial<Record<PerformanceMetric, number>>>;
  readonly verdict: PerformanceVerdict["verdict"];
  readonly breaches: PerformanceVerdict["breaches"];
  readonly reason: string;
  /** Worse in what counts, and by so much that it is worth a word. */
  readonly fallen: boolean;
};

/** Precision and recall are traded for each other as the mix of scores changes; these fall where the model is worse. */
const tellingMetrics: ReadonlySet<string> = new Set(["auc", "accuracy", "f1"]);
/** Below its usual mean: dashboards/rules/drift.yml pages from here on. */
const leastFall = 0.01;

type Score = { readonly score: ExplicitCells; readonly labelled: LabelledCells | undefined };

/** Of the score that most rows have; none where the model has no score. */
export function judgePerformances(
  version: string,
  features: ReadonlyMap<string, WindowFeature>,
  baselines: readonly WindowBaseline[],
  decision: number,
): JudgedPerformance[] {
  const scores = [...features.values()].filter(({ kind }) => kind === "score");
  const sized = scores.map((each) => ({ each, now: scoreOf(each.all) }));
  const [most] = sized.sort((a, b) => rowsOf(b.now?.score) - rowsOf(a.now?.score));
  if (most?.now === undefined) return [];
  const key = featureKey(most.each.kind, most.each.feature);
  const reference = baselines.map(({ features: known }) => known.get(key)).find((each) => each?.labelled !== undefined);
  return [
    ...estimated(version, most.now.score, reference, decision),
    ...realised(version, most.now, reference, decision),
  ];
}

function estimated(
  version: string,
  score: ExplicitCells,
  reference: BaselineFeature | undefined,
  decision: number,
): JudgedPerformance[] {
  if (reference?.labelled === undefined || reference.baseline.form !== "explicit") return [];
  const calibration = calibrate(reference.baseline, reference.labelled);
  const estimate = (cells: ExplicitCells) => estimatePerformance(calibration, cells, decision);
  const found = estimate(score);
  if (found === undefined) return [];
  const band = bandOf(reference, decision, "estimated", ({ score: cells }) => estimate(cells));
  return [judged(version, "estimated", found, {}, band)];
}

function realised(
  version: string,
  { score, labelled }: Score,
  reference: BaselineFeature | undefined,
  decision: number,
): JudgedPerformance[] {
  if (labelled === undefined) return [];
  const found = realisedPerformance(score, labelled, decision);
  if (found === undefined) return [];
  const { ece, mce } = calibrationError(labelled) ?? {};
  const of = (past: Score) => past.labelled && realisedPerformance(past.score, past.labelled, decision);
  const band = reference === undefined ? {} : bandOf(reference, decision, "realised", of);
  return [judged(version, "realised", found, { ece, mce }, band)];
}

function judged(
  version: string,
  way: PerformanceWay,
  found: Performance,
  errors: Readonly<{ ece?: number | undefined; mce?: number | undefined }>,
  band: PerformanceBand,
): JudgedPerformance {
  const { n, auc, accuracy, precision, recall, f1 } = found;
  const all = Object.entries({ auc, accuracy, precision, recall, f1, ...errors });
  const values = Object.fromEntries(all.filter(([, value]) => value !== undefined && Number.isFinite(value)));
  const verdict = judgePerformance(band, found);
  return { version, way, n, values, ...verdict, fallen: hasFallen(verdict, band) };
}

function hasFallen({ verdict, breaches }: PerformanceVerdict, band: PerformanceBand): boolean {
  if (verdict !== "worse") return false;
  return breaches.some(
    ({ metric, value, lower }) =>
      tellingMetrics.has(metric) && value < lower && (band[metric]?.mean ?? value) - value >= leastFall,
  );
}

/** Of a baseline it is always the same. */
const bands = new WeakMap<BaselineFeature, Map<string, PerformanceBand>>();

function bandOf(
  reference: BaselineFeature,
  decision: number,
  way: PerformanceWay,
  of: (past: Score) => Performance | undefined,
): PerformanceBand {
  const known = bands.get(reference) ?? new Map<string, PerformanceBand>();
  bands.set(reference, known);
  const key = `${way} ${decision}`;
  const past = () => (reference.windows ?? []).map(scoreOf).filter((each) => each !== undefined);
  const band =
    known.get(key) ??
    performanceBand(
      past()
        .map(of)
        .filter((each) => each !== undefined),
    );
  known.set(key, band);
  return band;
}

function scoreOf({ cells, labelled }: Summed): Score | undefined {
  if (cells?.form !== "explicit") return undefined;
  return { score: cells, labelled: labelled?.labelled.some((rows) => rows > 0) ? labelled : undefined };
}

function rowsOf(score: ExplicitCells | undefined): number {
  return score?.counts.reduce((sum, count) => sum + count, 0) ?? -1;
}

export function performanceRow(
  { model, sinceMs, untilMs }: { readonly model: string; readonly sinceMs: number; readonly untilMs: number },
  { version, way, n, values }: JudgedPerformance,
  nowMs: number,
) {
  const { auc = null, accuracy = null, precision = null, recall = null, f1 = null, ece = null, mce = null } = values;
  const at = { since: sinceMs, until: untilMs, judged: nowMs };
  return { model, version, way, ...at, n, auc, accuracy, precision, recall, f1, ece, mce };
}
