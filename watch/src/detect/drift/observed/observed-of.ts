/** Scraped histograms of one window as observed ones. Pure. */
import { createHash } from "node:crypto";
import type { ModelHistogram, ModelSource } from "@lockstep/config/config";
import type { Observed } from "@lockstep/schemas/domain/observed";
import { type BucketSamples, type CounterSamples, histogramIncrease } from "./histogram-increase.ts";
import type { ScrapedSeries } from "./read-samples.ts";

export type ScrapedWindow = {
  readonly rows: readonly { readonly observed: Observed; readonly origin: string }[];
  /** Why windows of some histograms were dropped. */
  readonly dropped: readonly string[];
};

type Family = {
  readonly histogram: ModelHistogram;
  readonly labels: ReadonlyMap<string, string>;
  readonly buckets: BucketSamples[];
  sum: CounterSamples | undefined;
};

export function observedOf(
  source: ModelSource,
  series: readonly ScrapedSeries[],
  { sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number },
): ScrapedWindow {
  const rows = new Map<string, ScrapedWindow["rows"][number]>();
  const dropped: string[] = [];
  // Where two names of one thing are exposed, the one that is listed first counts.
  const order = new Map(source.histograms.map((histogram, at) => [histogram, at]));
  const families = familiesOf(source, series).sort((a, b) => order.get(a.histogram)! - order.get(b.histogram)!);
  for (const { histogram, labels, buckets, sum } of families) {
    const model = source.model ?? labels.get(source.modelLabel ?? "") ?? "";
    if (model === "") continue;
    const key = `${histogram.kind} ${histogram.feature} ${textOf(labels)}`;
    if (rows.has(key)) continue;
    const increase = histogramIncrease(buckets, sum);
    if (increase === undefined) continue;
    if ("dropped" in increase) {
      dropped.push(`${histogram.metric} of ${model}: ${increase.dropped}`);
      continue;
    }
    const { bounds, counts } = increase;
    const observed: Observed = {
      ...{
        model,
        version: labels.get(source.versionLabel ?? "") ?? "",
        replica: labels.get(source.replicaLabel) ?? "",
      },
      ...{ labels: segmentsOf(source, labels), kind: histogram.kind, feature: histogram.feature },
      ...{ since: sinceMs, until: untilMs, cells: { form: "explicit", bounds, counts }, missing: 0, sum: increase.sum },
    };
    rows.set(key, { observed, origin: hashOf(`${histogram.metric} ${textOf(labels)}`) });
  }
  return { rows: [...rows.values()], dropped };
}

function familiesOf({ histograms }: ModelSource, series: readonly ScrapedSeries[]): Family[] {
  const byMetric = Map.groupBy(histograms, ({ metric }) => metric);
  const families = new Map<string, Family>();
  for (const { labels, samples } of series) {
    const name = labels.get("__name__") ?? "";
    const isSum = name.endsWith("_sum");
    const metric = name.slice(0, name.lastIndexOf("_"));
    const own = new Map([...labels].filter(([label]) => label !== "le" && label !== "__name__"));
    for (const histogram of byMetric.get(metric) ?? []) {
      if ([...histogram.match].some(([label, value]) => (labels.get(label) ?? "") !== value)) continue;
      const key = `${histograms.indexOf(histogram)} ${textOf(own)}`;
      const family = families.get(key) ?? { histogram, labels: own, buckets: [], sum: undefined };
      families.set(key, family);
      const le = edgeOf(labels.get("le"));
      if (isSum) family.sum = samples;
      else if (le !== undefined) family.buckets.push({ le, ...samples });
    }
  }
  return [...families.values()];
}

function edgeOf(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const edge = text === "+Inf" || text === "Inf" ? Number.POSITIVE_INFINITY : Number(text);
  return Number.isNaN(edge) ? undefined : edge;
}

/** What tells where requests came from or went to: all that does not say already whose the histogram is. */
function segmentsOf(source: ModelSource, labels: ReadonlyMap<string, string>): Map<string, string> {
  const told = new Set([source.modelLabel, source.versionLabel, source.replicaLabel, "instance"]);
  return new Map([...labels].filter(([label]) => !told.has(label)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function textOf(labels: ReadonlyMap<string, string>): string {
  return JSON.stringify([...labels].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
