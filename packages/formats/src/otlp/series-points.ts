/** Data points that name no model, as samples of ordinary series. */
import { METRIC_NAME } from "@lockstep/schemas/domain/labels";
import type { HistogramPoint, Metric, PointBase, SummaryPoint } from "./metrics.ts";
import { timeProblem } from "./model-point.ts";
import { labelsOf, metricName, unitName } from "./prometheus-names.ts";

export type SeriesPoint = {
  /** With the metric's name. */
  readonly labels: ReadonlyMap<string, string>;
  readonly type: "gauge" | "counter" | "histogram" | "summary";
  readonly unit: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** undefined: the series has ended. */
  readonly value: number | undefined;
};

/** Samples of a point, or why it cannot be taken: field, found, expected. `now`: ms since 1970. */
export function seriesPoints(metric: Metric, index: number, now: number): SeriesPoint[] | string {
  const { data } = metric;
  const point = data.points[index] as PointBase;
  const problem = kindProblem(metric) ?? timeProblem(point, false, now);
  if (problem !== undefined) return problem;
  if (data.form === "gauge" || data.form === "sum") return numberSamples(metric, index);
  if (data.form === "summary") return summarySamples(metric, data.points[index]!);
  if (data.form === "histogram") return histogramSamples(metric, data.points[index]!);
  return "data: found a kind that is not known";
}

function kindProblem({ name, data }: Metric): string | undefined {
  if (!/[a-zA-Z0-9]/.test(name)) return `name: found "${name}", expected letters`;
  if (data.form === "exponential") {
    return "exponential_histogram: found no attribute model.name, and series have no exponential buckets; send explicit ones";
  }
  if ((data.form === "sum" && data.monotonic) || data.form === "histogram") {
    if (data.temporality === "cumulative") return undefined;
    return `aggregation_temporality: found ${data.temporality}, expected cumulative where no attribute model.name is`;
  }
  if (data.form === "sum" && data.temporality !== "cumulative") {
    return `aggregation_temporality: found ${data.temporality}, expected cumulative`;
  }
  return undefined;
}

/** What all samples of a metric's points have in common; a name of its own is made of `name`. */
function sampleOf(metric: Metric, point: PointBase, type: SeriesPoint["type"]) {
  const { resource, unit } = metric;
  const name = metricName(metric.name, unit, type === "counter" || type === "gauge" ? type : "other");
  const service = [resource.get("service.namespace"), resource.get("service.name")].filter((part) => part);
  const instance = resource.get("service.instance.id") ?? resource.get("host.name") ?? "";
  const own = new Map(labelsOf(point.attributes));
  if (service.length > 0) own.set("job", service.join("/"));
  if (instance !== "") own.set("instance", instance);
  return (
    suffix: string,
    value: number | undefined,
    more: readonly (readonly [string, string])[] = [],
  ): SeriesPoint => ({
    labels: new Map([...own, ...more, [METRIC_NAME, `${name}${suffix}`]]),
    type,
    unit: unitName(unit),
    at: point.timeMs,
    value: point.noValue ? undefined : value,
  });
}

function numberSamples(metric: Metric, index: number): SeriesPoint[] | string {
  const { data } = metric;
  if (data.form !== "gauge" && data.form !== "sum") return [];
  const point = data.points[index]!;
  if (point.value === undefined && !point.noValue) return "value: found neither as_double nor as_int";
  const type = data.form === "sum" && data.monotonic ? "counter" : "gauge";
  return [sampleOf(metric, point, type)("", point.value)];
}

function histogramSamples(metric: Metric, point: HistogramPoint): SeriesPoint[] | string {
  const { bucketCounts, explicitBounds, count, sum } = point;
  if (bucketCounts.length !== 0 && bucketCounts.length !== explicitBounds.length + 1) {
    return `bucket_counts: found ${bucketCounts.length} for ${explicitBounds.length} explicit_bounds, expected ${explicitBounds.length + 1}`;
  }
  const bad = explicitBounds.findIndex(
    (bound, i) => !Number.isFinite(bound) || (i > 0 && !(bound > explicitBounds[i - 1]!)),
  );
  if (bad !== -1)
    return `explicit_bounds[${bad}]: found ${explicitBounds[bad]}, expected finite numbers in rising order`;
  const sample = sampleOf(metric, point, "histogram");
  let below = 0;
  const buckets = explicitBounds.map((bound, i) => {
    below += bucketCounts[i] ?? 0;
    return sample("_bucket", below, [["le", String(bound)]]);
  });
  const all = [...buckets, sample("_bucket", count, [["le", "+Inf"]]), sample("_count", count)];
  return sum === undefined && !point.noValue ? all : [...all, sample("_sum", sum)];
}

function summarySamples(metric: Metric, point: SummaryPoint): SeriesPoint[] {
  const sample = sampleOf(metric, point, "summary");
  const quantiles = point.quantiles.map(({ quantile, value }) => sample("", value, [["quantile", String(quantile)]]));
  return [...quantiles, sample("_sum", point.sum), sample("_count", point.count)];
}
