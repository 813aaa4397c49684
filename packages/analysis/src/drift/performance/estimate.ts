/**
 * Performance without labels: each row counts as class 1 by the rate of its score's cell, as it was when labels were known
 * (confidence-based performance estimation, CBPE, over histograms). True as long as that rate has not changed: of what changes
 * between inputs and labels (concept drift) it sees nothing.
 */
import type { ExplicitCells } from "@lockstep/schemas/domain/observed";
import { type Calibration, calibrated } from "./calibration.ts";
import { type ClassCells, type Performance, performanceOf, whyUndecided } from "./performance.ts";

/** Share of the calibration's cells that shared edges must keep. */
const keptCells = 0.8;

/**
 * `decision`: the score from which class 1 is predicted; a cell that it lies in is cut there and its rows shared out by width.
 * Undefined where `whyNotEstimated` has a reason.
 */
export function estimatePerformance(
  calibration: Calibration,
  current: ExplicitCells,
  decision: number,
): Performance | undefined {
  const fitted = fit(calibration, current);
  return typeof fitted === "string" ? undefined : performanceOf(expectedClasses(fitted), decision);
}

/** One sentence; undefined where performance can be estimated. */
export function whyNotEstimated(
  calibration: Calibration,
  current: ExplicitCells,
  decision: number,
): string | undefined {
  const fitted = fit(calibration, current);
  if (typeof fitted === "string") return fitted;
  return whyUndecided(expectedClasses(fitted), decision);
}

type Fitted = { readonly calibration: Calibration; readonly counts: readonly number[] };

function expectedClasses({ calibration: { bounds, rates }, counts }: Fitted): ClassCells {
  return {
    bounds,
    positives: counts.map((rows, cell) => rows * rates[cell]!),
    negatives: counts.map((rows, cell) => rows * (1 - rates[cell]!)),
  };
}

/** Both over the same cells; the reason where they do not come together. */
function fit(calibration: Calibration, current: ExplicitCells): Fitted | string {
  if (!calibration.labelled.some((rows) => rows > 0)) return "the calibration has no labelled row";
  if (!current.counts.some((rows) => rows > 0)) return "the window has no score";
  const edges = sharedEdges(calibration.bounds, current.bounds);
  const cells = Math.max(0, edges.length - 1);
  const had = calibration.bounds.length - 1;
  if (cells < keptCells * had) {
    return `the scores' bounds share ${cells} of ${had} cells with the calibration's: observe the score over the same bounds`;
  }
  const inCurrent = edges.map(([, at]) => at);
  if (sumOf(current.counts.slice(inCurrent[0], inCurrent.at(-1))) < sumOf(current.counts)) {
    return "scores lie outside the cells that were calibrated: observe the score over the same bounds";
  }
  return {
    calibration: coarsened(
      calibration,
      edges.map(([at]) => at),
    ),
    counts: gathered(current.counts, inCurrent),
  };
}

/** Edges this near are the same: some clients write 0.3, others 0.1 + 0.2 or the largest number below. */
const sameEdge = 1e-9;

/** Places of the edges that both have, ascending. */
function sharedEdges(a: readonly number[], b: readonly number[]): [number, number][] {
  const shared: [number, number][] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i]!, b[j]!];
    if (x === y || Math.abs(x - y) <= sameEdge * Math.max(1, Math.min(Math.abs(x), Math.abs(y))))
      shared.push([i++, j++]);
    else if (x < y) i++;
    else j++;
  }
  return shared;
}

function coarsened(calibration: Calibration, edges: readonly number[]): Calibration {
  const { bounds, labelled, positives } = calibration;
  if (edges.length === bounds.length) return calibration;
  return calibrated(
    edges.map((at) => bounds[at]!),
    gathered(labelled, edges),
    gathered(positives, edges),
  );
}

/** Sums from each edge up to the next; what lies outside of all is left out. */
function gathered(counts: readonly number[], edges: readonly number[]): number[] {
  return edges.slice(1).map((end, cell) => sumOf(counts.slice(edges[cell], end)));
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, rows) => sum + rows, 0);
}
