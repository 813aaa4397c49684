import "server-only";
import { countOf } from "@lockstep/analysis/drift/stored-observed";
import { featureCells } from "@lockstep/schemas/queries/feature-cells";
import { featureLabelled } from "@lockstep/schemas/queries/feature-labelled";
import { type FeatureSeenRow, featureSeen } from "@lockstep/schemas/queries/feature-seen";
import { type FeatureWindowRow, featureWindows } from "@lockstep/schemas/queries/feature-windows";
import { modelPageEvents } from "@lockstep/schemas/queries/model-page-events";
import { modelsBaselines } from "@lockstep/schemas/queries/models-baselines";
import { modelsFindings } from "@lockstep/schemas/queries/models-findings";
import type { Values } from "../fleet/grids.ts";
import { type ComparedWith, comparedWith } from "../models/baseline-stretches.ts";
import { type Calibration, calibrationOf } from "../models/calibration.ts";
import { cellsOf, emptied, matched, summed } from "../models/cells.ts";
import { type ModelFinding, modelFinding } from "../models/finding-view.ts";
import { type HistogramView, histogramView } from "../models/histogram-view.ts";
import { type Mark, marksOf } from "../models/marks.ts";
import { type Segment, segmentsOf } from "../models/segments.ts";
import { pointsOf, type Stretch, stretchOf } from "../models/stretch.ts";
import { type Comparison, chosenOf, comparisonsOf, distanceLines } from "../models/window-choice.ts";
import type { RangeState } from "../url/range.ts";
import { asOf } from "./model.ts";
import { getStore } from "./store.ts";

export type FeatureQuestion = {
  readonly model: string;
  readonly feature: string;
  readonly kind?: string | undefined;
  readonly baseline?: string | undefined;
  readonly version?: string | undefined;
  /** Unix ms: the window that began then; the newest one where absent. */
  readonly at?: number | undefined;
};

export type FeatureData = {
  /** When it was read; from when to when it reaches. Unix ms. */
  readonly atMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly live: boolean;
  readonly widened: boolean;
  readonly stepMs: number;
  readonly model: string;
  readonly feature: string;
  readonly kind: string;
  readonly kinds: readonly string[];
  readonly times: readonly number[];
  /** What it was compared with in this stretch; the one that is shown first. */
  readonly comparisons: readonly Comparison[];
  /** null: not judged yet; the windows before the newest stand for a baseline then. */
  readonly window: FeatureWindowRow | null;
  /** Of the window that is shown, and its neighbours to go to. */
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly earlierMs: number | null;
  readonly laterMs: number | null;
  readonly lines: { readonly distance: Values; readonly threshold: Values; readonly expected: Values };
  readonly comparedWith: string | null;
  readonly histogram: HistogramView | null;
  readonly nBaseline: number;
  readonly nCurrent: number;
  readonly missing: { readonly baseline: number; readonly current: number };
  readonly segments: readonly Segment[];
  readonly marks: readonly Mark[];
  readonly findings: readonly ModelFinding[];
  readonly calibration: Calibration | null;
};

const MAX_WINDOWS = 20_000;
const MAX_PARTS = 2000;
const MAX_SHAPES = 200;
const MAX_FINDINGS = 50;
const MAX_EVENTS = 100;

/** null: nothing was ever observed of it. */
export async function readFeature(
  asked: FeatureQuestion,
  state: RangeState,
  nowMs: number,
): Promise<FeatureData | null> {
  const { model, feature } = asked;
  const store = getStore();
  const all = await store.read(featureSeen({ model, feature }));
  const kind = kindOf(all, asked.kind);
  if (kind === null) return null;
  const seen = all.filter((row) => row.kind === kind);
  const span = spanOf(seen);
  const stretch = stretchOf(state, span, nowMs);
  const { fromMs, toMs, stepMs } = stretch;
  const of = { model, kind, feature };
  const [windows, found, events, baselines, labelled] = await Promise.all([
    store.read(featureWindows({ ...of, fromMs, toMs, limit: MAX_WINDOWS })),
    store.read(modelsFindings({ model, feature, fromMs, toMs, limit: MAX_FINDINGS })),
    store.read(modelPageEvents({ model, fromMs, toMs, limit: MAX_EVENTS })),
    store.read(modelsBaselines({ model })),
    kind === "score" ? store.read(featureLabelled({ model, feature, fromMs, toMs })) : [],
  ]);
  const comparisons = comparisonsOf(windows, asked);
  const chosen = chosenOf(windows, comparisons[0] ?? null, asked.at ?? null);
  const unjudged = newestWindow(span, stretch);
  const sinceMs = chosen.window?.sinceAt ?? unjudged.fromMs;
  const untilMs = chosen.window?.untilAt ?? unjudged.toMs;
  const against =
    chosen.window === null
      ? before(stretch, sinceMs)
      : comparedWith({ ...chosen.window, sinceMs, untilMs }, baselines, seen);
  const cells = await readCells(of, { sinceMs, untilMs, version: chosen.window?.version, against });
  const times = pointsOf(stretch);
  return {
    atMs: nowMs,
    fromMs,
    toMs,
    live: stretch.live,
    widened: stretch.widened,
    stepMs,
    ...of,
    kinds: [...new Set(all.map((row) => row.kind))],
    times,
    comparisons,
    window: chosen.window,
    sinceMs,
    untilMs,
    earlierMs: chosen.earlierMs,
    laterMs: chosen.laterMs,
    lines: distanceLines(windows, comparisons[0] ?? null, { fromMs, stepMs, points: times.length }),
    comparedWith: against?.words ?? null,
    ...cells,
    marks: marksOf(events, seen, fromMs, toMs),
    findings: found
      .map(modelFinding)
      .filter((finding) => finding.of === null || finding.of === kind)
      .map((finding) => asOf(finding, toMs)),
    calibration: labelled[0] === undefined ? null : calibrationOf(labelled[0]),
  };
}

/** What was asked for, else what the model was given rather than what it answered. */
function kindOf(rows: readonly FeatureSeenRow[], asked: string | undefined): string | null {
  const kinds = [asked, "input", "score", "prediction", "latency"];
  return kinds.find((kind) => rows.some((row) => row.kind === kind)) ?? null;
}

function spanOf(rows: readonly FeatureSeenRow[]) {
  return {
    firstAt: Math.min(...rows.map(({ firstAt }) => firstAt)),
    lastAt: Math.max(...rows.map(({ lastAt }) => lastAt)),
    windowMs: rows[0]!.windowMs,
  };
}

type Span = ReturnType<typeof spanOf>;

function newestWindow({ lastAt, windowMs }: Span, { fromMs, toMs }: Stretch) {
  const end = Math.min(lastAt, toMs);
  return { fromMs: Math.max(fromMs, Math.floor(end - windowMs)), toMs: end };
}

function before({ fromMs }: Stretch, sinceMs: number): ComparedWith | null {
  return sinceMs > fromMs ? { stretches: [{ fromMs, toMs: sinceMs }], words: "the windows before it" } : null;
}

type Window = {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** undefined: of every version. */
  readonly version: string | undefined;
  readonly against: ComparedWith | null;
};

/** The histograms of a window and of what it was compared with. */
async function readCells(
  of: { readonly model: string; readonly kind: string; readonly feature: string },
  { sinceMs, untilMs, version, against }: Window,
): Promise<Pick<FeatureData, "histogram" | "nBaseline" | "nCurrent" | "missing" | "segments">> {
  const store = getStore();
  const stretches = [{ fromMs: sinceMs, toMs: untilMs }];
  const ofVersion = version === undefined || version === "" ? {} : { version };
  const [parts, reference] = await Promise.all([
    store.read(featureCells({ ...of, ...ofVersion, stretches, apart: true, limit: MAX_PARTS })),
    against === null
      ? []
      : store.read(
          featureCells({
            ...of,
            stretches: against.stretches,
            ...(against.version !== undefined && { version: against.version }),
            apart: false,
            limit: MAX_SHAPES,
          }),
        ),
  ]);
  const current = summed(parts.map(cellsOf));
  const baseline = summed(reference.map(cellsOf));
  const both = current === null ? null : matched(baseline ?? emptied(current), current);
  return {
    histogram: both === null ? null : histogramView(both),
    nBaseline: baseline === null ? 0 : countOf(baseline),
    nCurrent: current === null ? 0 : countOf(current),
    missing: { baseline: missingOf(reference), current: missingOf(parts) },
    segments: segmentsOf(parts, baseline),
  };
}

function missingOf(rows: readonly { readonly missing: number }[]): number {
  return rows.reduce((sum, { missing }) => sum + missing, 0);
}
