/** The sentence that each page of a model opens with. */
import type { FeatureData } from "../data/feature.ts";
import type { ModelData } from "../data/model.ts";
import type { ModelSummary, ModelsData } from "../data/models.ts";
import { count } from "../format/number.ts";
import { replicaSentence } from "./ranking.ts";
import { baselineWords, distanceText, methodShort } from "./verdicts.ts";

type When = (ms: number) => string;

export function modelsHeadline({ models, live }: ModelsData, when: When): string {
  if (models.length === 0) return live ? "No model is heard" : "No model was heard in this range";
  const moved = models.filter(hasMoved);
  const broken = models.filter(({ open }) => open.some(({ kind }) => kind === "broken_replica"));
  const poor = models.filter(
    (model) => !moved.includes(model) && !broken.includes(model) && model.open.some(({ kind }) => kind !== "drift"),
  );
  const judged = models.filter(({ drift }) => drift !== null);
  const first = moved[0];
  const of = `of ${count(models.length, "model")}`;
  if (first !== undefined)
    return `${moved.length} ${of} ${moved.length === 1 ? "drifts" : "drift"}${worstWords(first, when)}`;
  if (broken[0] !== undefined) {
    const replica = broken[0].open.find(({ kind }) => kind === "broken_replica")?.replica;
    return `${broken.length} ${of} ${broken.length === 1 ? "has" : "have"} a broken replica: ${broken[0].model}${replica == null ? "" : `'s ${replica}`}`;
  }
  if (poor[0] !== undefined)
    return `${poor.length} ${of} ${poor.length === 1 ? "wants" : "want"} a look: ${poor[0].open[0]?.summary ?? poor[0].model}`;
  if (judged.length === 0)
    return models.length === 1 ? "The only model is not judged yet" : `None of ${models.length} models is judged yet`;
  const unsure = judged.length < models.length ? `; ${models.length - judged.length} not judged yet` : "";
  return judged.length === 1
    ? `The only judged model does not drift${unsure}`
    : `None of ${judged.length} judged models drifts${unsure}`;
}

/** By an open finding, or where watch keeps none by its newest windows. */
export function hasMoved({ open, drift }: ModelSummary): boolean {
  return open.some(({ kind }) => kind === "drift") || (open.length === 0 && (drift?.drifting ?? 0) > 0);
}

function worstWords({ model, open, drift }: ModelSummary, when: When): string {
  const finding = open.find(({ kind }) => kind === "drift");
  const feature = finding?.feature ?? drift?.worstFeature;
  if (feature === undefined || feature === "") return `: ${model}`;
  return `: ${model}'s ${feature}${finding === undefined ? "" : ` since ${when(finding.fromMs)}`}`;
}

/** What watch says of a model often begins with its name. */
function named(model: string, summary: string): string {
  return summary.startsWith(model) ? summary : `${model}: ${summary}`;
}

export function modelHeadline(data: ModelData, when: When): string {
  const { model, features, findings, replicas } = data;
  const open = findings.filter(({ closedMs }) => closedMs === null);
  const worst =
    open.find(({ kind }) => kind === "broken_replica") ?? open.find(({ kind }) => kind === "drift") ?? open[0];
  if (worst !== undefined) return named(model, worst.summary);
  const moved = features.filter(({ verdict }) => verdict === "drift");
  const replica = replicas.some(({ differing }) => differing > 0) ? replicaSentence(replicas, moved.length > 0) : null;
  if (replica !== null) return `${model}: ${replica}`;
  const [first] = moved;
  if (first !== undefined) {
    const since = first.sinceMs === null ? "" : ` since ${when(first.sinceMs)}`;
    return `${model}: ${first.feature} drifts${since} (${methodShort(first.method)} ${distanceText(first.distance)}, threshold ${distanceText(first.threshold)})`;
  }
  const judged = features.filter(({ verdict }) => verdict === "no_drift");
  if (features.length === 0) return `${model}: not judged yet`;
  const quality = features.find(({ verdict }) => verdict === "data_quality");
  if (quality !== undefined) return `${model}: ${quality.feature}: ${quality.reason}`;
  if (judged.length === 0) return `${model}: not enough data for a verdict`;
  return judged.length === 1
    ? `${model}: its only judged feature has not moved`
    : `${model}: none of ${judged.length} features has moved`;
}

export function featureHeadline(data: FeatureData, when: When): string {
  const { feature, window, findings } = data;
  const open = findings.find(({ closedMs, kind }) => closedMs === null && kind === "drift");
  if (open !== undefined && data.laterMs === null) return open.summary;
  if (window === null) return `${feature}: not judged yet`;
  const numbers = `${methodShort(window.method)} ${distanceText(window.distance)}, expected noise ${distanceText(window.expected)}, n = ${Math.round(window.nCurrent).toLocaleString("en-US")}`;
  const at = data.laterMs === null ? "" : ` at ${when(data.sinceMs)}`;
  const of = baselineWords(window.baseline);
  if (window.verdict === "drift") return `${feature} ${at === "" ? "is" : "was"} away from ${of}${at} (${numbers})`;
  if (window.verdict === "no_drift")
    return `${feature} ${at === "" ? "is" : "was"} within its threshold of ${of}${at} (${numbers})`;
  if (window.verdict === "data_quality") return `${feature}: ${window.reason}`;
  return `${feature}: not enough data for a verdict${at}`;
}
