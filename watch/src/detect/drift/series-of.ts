/** What of a judged window is shown as series: the features nearest to an alert. */
import type { JudgedFeature } from "./judged-feature.ts";

export type FeatureSeries = Pick<
  JudgedFeature,
  | "version"
  | "kind"
  | "feature"
  | "baseline"
  | "segment"
  | "method"
  | "distance"
  | "threshold"
  | "p"
  | "nCurrent"
  | "missingRate"
  | "newShare"
  | "lostShare"
  | "outside"
>;

export type SeriesOf = { readonly features: readonly FeatureSeries[]; readonly leftOut: number };

export function seriesOf(features: readonly JudgedFeature[], most: number): SeriesOf {
  const kept =
    features.length <= most
      ? features
      : features.toSorted((a, b) => nearness(b) - nearness(a)).slice(0, Math.max(0, most));
  return { features: kept.map(seriesFor), leftOut: features.length - kept.length };
}

function nearness({ distance, threshold, verdict }: JudgedFeature): number {
  return verdict === "data_quality" ? Number.POSITIVE_INFINITY : (distance ?? -1) / threshold || -1;
}

function seriesFor(judged: JudgedFeature): FeatureSeries {
  const { version, kind, feature, baseline, segment, method, distance, threshold, p, nCurrent } = judged;
  const { missingRate, newShare, lostShare, outside } = judged;
  return {
    ...{ version, kind, feature, baseline, segment, method, distance, threshold, p, nCurrent },
    ...{ missingRate, newShare, lostShare, outside },
  };
}
