/**
 * The judgement of a model's window: a feature drifts where the change is sure (a test of counts, corrected for how restless
 * the feature is and for how many features are looked at) and large (a distance beyond what chance puts there). Neither alone
 * is worth an alert: with many rows everything is sure, with few everything is large.
 */
import type { DriftMethod, DriftVerdict } from "@lockstep/schemas/domain/drift-finding";
import { chiSquareUpperTail } from "../stats/gamma.ts";
import { kolmogorovTail } from "../stats/kolmogorov.ts";
import { adjustedByBenjaminiHochberg, adjustedByBenjaminiYekutieli } from "../stats/multiple-testing.ts";
import { type DataQuality, dataQuality, isFarOutside } from "./data-quality.ts";
import { type Compared, compare, distancesOf, effect } from "./debiased.ts";
import { type FeatureInput, type FeatureJudgement, type JudgeOptions, judgeDefaults } from "./judgement.ts";
import { type MatchedCells, matchCells, OTHER } from "./match-cells.ts";
import { asExplicit } from "./merge-cells.ts";
import { figure, figuresOf, shiftText } from "./shift-text.ts";
import { countOf } from "./stored-observed.ts";
import { sureGap } from "./sure-gap.ts";

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
  const enough = compared !== undefined && worthOf(compared) >= leastRowsPerCell * cellsWanted(compared);
  return { input, match, compared, quality, enough, p: enough ? pOf(compared, match!, input) : undefined };
}

/** Of as many cells a histogram is told apart from another at the least, where it has so many. */
const leastCells = 10;

function worthOf({ n, m }: Compared): number {
  return (n * m) / (n + m);
}

/** Of few rows cells are joined until hardly any is left, and then nothing can be seen. */
function cellsWanted({ cells, cellsBefore, joined }: Compared): number {
  const areAllRare = joined.form === "categories" && joined.names.every((name) => name === OTHER);
  return areAllRare ? cellsBefore : Math.max(cells, Math.min(leastCells, cellsBefore));
}

/**
 * Chi-square over the feature's own unrest (quasi-likelihood). Where bounds differ, Kolmogorov's test of the distance that is
 * sure whatever lies where within the cells.
 */
function pOf(compared: Compared, { approximate }: MatchedCells, { noise, baseline, current }: FeatureInput): number {
  if (!approximate) return chiSquareUpperTail(compared.chi2 / noise.phi, compared.freedom);
  if (baseline.form === "categories" || current.form === "categories") return 1;
  const gap = sureGap(asExplicit(baseline), asExplicit(current)) ?? 0;
  return kolmogorovTail(gap, Math.max(1, Math.round(worthOf(compared) / noise.phi)));
}

/** PSI of counts. Where cells were split, which makes gaps between them, the distance that gaps hardly change. */
function methodOf(match: MatchedCells | undefined, compared: Compared | undefined): DriftMethod {
  if (!match?.approximate) return "psi";
  return compared?.measured.w1 === undefined ? "js" : "w1";
}

function judgementOf(looked: Looked, q: number | undefined, options: JudgeOptions): FeatureJudgement {
  const { input, match, compared, quality, enough, p } = looked;
  const { noise } = input;
  const method = methodOf(match, compared);
  const threshold = Math.max(options.thresholds[method], noise.thresholds[method] ?? 0);
  const { distance, expected } = compared ? effect(compared, method) : nothing;
  const drifts = enough && q !== undefined && q <= options.alpha && distance !== undefined && distance >= threshold;
  const verdict = verdictOf(enough, drifts, quality);
  const judged = {
    kind: input.kind,
    feature: input.feature,
    verdict,
    nBaseline: compared?.n ?? countOf(input.baseline),
    nCurrent: compared?.m ?? countOf(input.current),
    cells: compared?.cells ?? 0,
    p,
    q,
    method,
    distance,
    threshold,
    expected,
    distances: compared ? distancesOf(compared) : {},
    approximate: match?.approximate ?? false,
    missingRate: quality?.missingRate,
    newShare: quality?.newShare,
    lostShare: quality?.lostShare,
    outside: quality?.outside,
  };
  return { ...judged, reason: reasonOf(judged, looked, options) };
}

const nothing = { distance: undefined, expected: undefined };

/** Missing and unknown values are told as such, not as drift; they can be told of fewer rows. */
function verdictOf(enough: boolean, drifts: boolean, quality: DataQuality | undefined): DriftVerdict {
  if (quality?.trouble !== undefined) return "data_quality";
  if (!enough) return "not_enough_data";
  if (!drifts) return isFarOutside(quality?.outside) ? "data_quality" : "no_drift";
  return "drift";
}

function reasonOf(
  judged: Omit<FeatureJudgement, "reason">,
  { match, compared, quality }: Looked,
  { leastRowsPerCell }: JudgeOptions,
): string {
  const { feature, verdict, nBaseline, nCurrent, p } = judged;
  if (match === undefined) return `${feature} has numbers on one side and categories on the other: they do not compare`;
  if (verdict === "data_quality") {
    return `${feature}: ${quality?.trouble ?? `${Math.round(100 * (quality?.outside ?? 0))} % lie outside the range of the baseline`}`;
  }
  if (compared === undefined) return `${feature} has no rows in ${nCurrent === 0 ? "this window" : "its baseline"}`;
  if (verdict === "not_enough_data") {
    const wanted = cellsWanted(compared);
    return `not enough data for ${feature}: ${count(nCurrent)} rows against ${count(nBaseline)}, worth ${count(worthOf(compared))}, and ${wanted} cells want ${count(leastRowsPerCell * wanted)}`;
  }
  if (verdict === "drift") return shiftText(feature, match, judged);
  const unlike = match.approximate
    ? "; its bounds differ from the baseline's, and what their cells prove is not enough"
    : "";
  return `${feature} did not drift (${figuresOf(judged)}, p ${figure(p)})${unlike}`;
}

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

function count(rows: number): string {
  return number.format(rows);
}
