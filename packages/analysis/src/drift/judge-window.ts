/**
 * The judgement of a model's window: a feature drifts where the change is sure (a test of counts, corrected for how restless
 * the feature is and for how many features are looked at) and large (a distance beyond what chance puts there). Neither alone
 * is worth an alert: with many rows everything is sure, with few everything is large.
 */
import type { DriftMethod, DriftVerdict } from "@lockstep/schemas/domain/drift-finding";
import { chiSquareUpperTail } from "../stats/gamma.ts";
import { adjustedByBenjaminiHochberg, adjustedByBenjaminiYekutieli } from "../stats/multiple-testing.ts";
import { type DataQuality, dataQuality, isFarOutside } from "./data-quality.ts";
import { type Compared, compare } from "./debiased.ts";
import { type FeatureInput, type FeatureJudgement, type JudgeOptions, judgeDefaults } from "./judgement.ts";
import { type MatchedCells, matchCells } from "./match-cells.ts";
import { shiftText } from "./shift-text.ts";

type Looked = {
  readonly input: FeatureInput;
  readonly match: MatchedCells | undefined;
  readonly compared: Compared | undefined;
  readonly quality: DataQuality | undefined;
  readonly enough: boolean;
  readonly p: number | undefined;
};

/** Of all features of one model in one window: p-values are corrected over them. */
export function judgeWindow(
  features: readonly FeatureInput[],
  options: Partial<JudgeOptions> = {},
): FeatureJudgement[] {
  const chosen = { ...judgeDefaults, ...options };
  const looked = features.map((input) => look(input, chosen));
  const adjusted = chosen.correction === "by" ? adjustedByBenjaminiYekutieli : adjustedByBenjaminiHochberg;
  const tested = looked.filter(({ p }) => p !== undefined);
  const q = adjusted(tested.map(({ p }) => p!));
  const qOf = new Map(tested.map((each, at) => [each, q[at]!]));
  return looked.map((each) => judgementOf(each, qOf.get(each), chosen));
}

function look(input: FeatureInput, { leastRowsPerCell }: JudgeOptions): Looked {
  const match = matchCells(input.baseline, input.current);
  const compared = match && compare(match, leastRowsPerCell);
  const quality = match && dataQuality(match, { baseline: input.baselineMissing, current: input.currentMissing });
  const rows = compared === undefined ? 0 : (compared.n * compared.m) / (compared.n + compared.m);
  const enough = compared !== undefined && compared.cells > 0 && rows >= leastRowsPerCell * compared.cells;
  return { input, match, compared, quality, enough, p: enough ? pOf(compared, match!, input) : undefined };
}

/** Chi-square over the feature's own unrest (quasi-likelihood); where cells were split, Kolmogorov's test, which bears it. */
function pOf({ chi2, freedom, ksP }: Compared, match: MatchedCells, { noise }: FeatureInput): number | undefined {
  if (match.approximate) return ksP;
  return freedom === 0 ? 1 : chiSquareUpperTail(chi2 / noise.phi, freedom);
}

function judgementOf(looked: Looked, q: number | undefined, options: JudgeOptions): FeatureJudgement {
  const { input, match, compared, quality, enough, p } = looked;
  const method: DriftMethod = compared?.debiased.psi === undefined ? "js" : "psi";
  const threshold = Math.max(options.thresholds[method], input.noise.thresholds[method] ?? 0);
  const distance = compared?.debiased[method];
  const drifts = enough && q !== undefined && q <= options.alpha && distance !== undefined && distance >= threshold;
  const verdict = verdictOf(enough, drifts, quality);
  return {
    kind: input.kind,
    feature: input.feature,
    verdict,
    reason: reasonOf(verdict, looked, method, threshold, options),
    nBaseline: compared?.n ?? 0,
    nCurrent: compared?.m ?? 0,
    cells: compared?.cells ?? 0,
    p,
    q,
    method,
    distance,
    threshold,
    expected: compared?.expected[method],
    distances: compared?.distances ?? {},
    approximate: match?.approximate ?? false,
    missingRate: quality?.missingRate,
    newShare: quality?.newShare,
    lostShare: quality?.lostShare,
    outside: quality?.outside,
  };
}

/** Missing and unknown values are told as such, not as drift; they can be told of fewer rows. */
function verdictOf(enough: boolean, drifts: boolean, quality: DataQuality | undefined): DriftVerdict {
  if (quality?.trouble !== undefined) return "data_quality";
  if (!enough) return "not_enough_data";
  if (!drifts) return isFarOutside(quality?.outside) ? "data_quality" : "no_drift";
  return "drift";
}

function reasonOf(
  verdict: DriftVerdict,
  { input, match, compared, quality, p }: Looked,
  method: DriftMethod,
  threshold: number,
  { leastRowsPerCell }: JudgeOptions,
): string {
  const { feature } = input;
  if (match === undefined) return `${feature} has numbers on one side and categories on the other: they do not compare`;
  if (verdict === "data_quality") {
    return `${feature}: ${quality?.trouble ?? `${Math.round(100 * (quality?.outside ?? 0))} % lie outside the range of the baseline`}`;
  }
  if (compared === undefined) return `${feature} has no rows in ${rowsOf(input) ? "its baseline" : "this window"}`;
  const { n, m, cells, debiased, expected } = compared;
  if (verdict === "not_enough_data") {
    const rows = Math.round((n * m) / (n + m));
    return `not enough data for ${feature}: ${count(m)} rows against ${count(n)}, worth ${count(rows)}, and ${cells} cells want ${count(leastRowsPerCell * cells)}`;
  }
  const numbers = `${names[method]} ${figure(debiased[method])}, threshold ${figure(threshold)}, expected noise ${figure(expected[method])}, n = ${count(m)}`;
  if (verdict === "drift") return `${feature} ${shiftText(match)} (${numbers})`;
  return `${feature} did not drift (${numbers}, p ${p === undefined ? "unknown" : figure(p)})`;
}

const names: Readonly<Record<DriftMethod, string>> = { psi: "PSI", js: "JS", w1: "W1" };

function rowsOf({ current }: FeatureInput): boolean {
  if (current.form === "categories") return [...current.counts.values()].some((each) => each > 0);
  if (current.form === "explicit") return current.counts.some((each) => each > 0);
  return current.zeroCount > 0 || [...current.positive.counts, ...current.negative.counts].some((each) => each > 0);
}

function figure(value: number | undefined): string {
  if (value === undefined) return "unknown";
  return value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
}

function count(rows: number): string {
  return Math.round(rows).toLocaleString("en-US");
}
