/** A histogram's data point as what a model was given or answered. */
import { hash } from "node:crypto";
import { type Labels, sortedEntries } from "@lockstep/schemas/domain/labels";
import { type Cells, OBSERVED_KINDS, type Observed, type ObservedKind } from "@lockstep/schemas/domain/observed";
import type { ExponentialPoint, HistogramPoint, Metric, PointBase, PointBuckets } from "./metrics.ts";

/** Of one point: the window [since, until) is that of the point, from its start on. */
export type ModelPoint = {
  /** The same for all points of a stream: resource, scope, metric and attributes. */
  readonly stream: string;
  readonly cumulative: boolean;
  readonly startMs: number | undefined;
  readonly observed: Observed;
};

export const MAX_CELLS = 10_000;
export const MAX_LABELS = 64;
export const MAX_NAME = 1024;
/** How far another machine's clock may be ahead. */
export const MAX_AHEAD_MS = 300_000;
/** What is said to be older has its times in another unit. */
export const EARLIEST_MS = Date.UTC(2000);

const MODEL = ["model.name", "gen_ai.request.model"] as const;
const OWN: ReadonlySet<string> = new Set([...MODEL, "model.version", "feature", "kind", "gen_ai.token.type"]);
/** Of a resource, what is a segment of its traffic rather than the name of a process. */
const SEGMENTS = [
  "service.name",
  "deployment.environment",
  "deployment.environment.name",
  "cloud.region",
  "cloud.availability_zone",
  "k8s.cluster.name",
  "k8s.namespace.name",
];
const TIMES = /latency|duration|time_to_first|time_per_output/i;

/** The model that a point is of; undefined where it names none. */
export function modelOf({ resource }: Pick<Metric, "resource">, { attributes }: Pick<PointBase, "attributes">) {
  for (const from of [attributes, resource]) {
    for (const name of MODEL) if (from.get(name)) return from.get(name);
  }
  return undefined;
}

/** Of a point that `modelOf` knows a model of. A text says why it cannot be taken: field, found, expected. */
export function modelPoint(
  metric: Metric,
  point: HistogramPoint | ExponentialPoint,
  model: string,
  now: number,
): ModelPoint | string {
  const { data } = metric;
  const temporality = data.form === "histogram" || data.form === "exponential" ? data.temporality : "unspecified";
  if (temporality === "unspecified") return "aggregation_temporality: found 0, expected 1 (delta) or 2 (cumulative)";
  const kind = kindOf(metric, point.attributes);
  if (kind === undefined) {
    return `attribute kind: found "${point.attributes.get("kind")}", expected ${OBSERVED_KINDS.join(", ")}`;
  }
  const problem = timeProblem(point, temporality === "delta", now);
  if (problem !== undefined) return problem;
  const cells = "bucketCounts" in point ? explicitCells(point) : exponentialCells(point);
  if (typeof cells === "string") return cells;
  const labels = labelsOf(metric.resource, point.attributes);
  const observed: Observed = {
    model,
    version: attribute(metric, point, "model.version"),
    replica: metric.resource.get("service.instance.id") ?? metric.resource.get("host.name") ?? "",
    labels,
    kind,
    feature: featureOf(metric, point.attributes),
    since: Math.min(point.startMs ?? point.timeMs, point.timeMs - 1),
    until: point.timeMs,
    cells,
    missing: 0,
    sum: point.sum !== undefined && Number.isFinite(point.sum) ? point.sum : undefined,
  };
  const long = tooLong(observed);
  if (long !== undefined) return long;
  const stream = streamOf(metric, point.attributes);
  return { stream, cumulative: temporality === "cumulative", startMs: point.startMs, observed };
}

function attribute({ resource }: Metric, { attributes }: PointBase, name: string): string {
  return attributes.get(name) ?? resource.get(name) ?? "";
}

/** undefined: one is told, and it is none. */
function kindOf({ name }: Metric, attributes: ReadonlyMap<string, string>): ObservedKind | undefined {
  const told = attributes.get("kind");
  if (told !== undefined) return OBSERVED_KINDS.find((kind) => kind === told);
  if (TIMES.test(name)) return "latency";
  return attributes.get("gen_ai.token.type") === "output" ? "prediction" : "input";
}

/** Tokens given and tokens answered have one metric in the GenAI conventions, and are two features. */
function featureOf({ name }: Metric, attributes: ReadonlyMap<string, string>): string {
  const tokens = attributes.get("gen_ai.token.type");
  return attributes.get("feature") ?? (tokens === undefined ? name : `${name}.${tokens}`);
}

function labelsOf(resource: Labels, attributes: Labels): Labels {
  const labels = new Map<string, string>();
  for (const name of SEGMENTS) if (resource.get(name)) labels.set(name, resource.get(name)!);
  for (const [name, value] of attributes) if (!OWN.has(name) && value !== "") labels.set(name, value);
  return labels;
}

/** Why a point of these times is not taken. */
export function timeProblem(point: PointBase, needsStart: boolean, now: number): string | undefined {
  const { startMs, timeMs } = point;
  if (timeMs < EARLIEST_MS) return `time_unix_nano: found ${shown(timeMs)}, expected nanoseconds since 1970`;
  if (timeMs > now + MAX_AHEAD_MS) {
    return `time_unix_nano: found ${shown(timeMs)}, expected no more than 5 minutes from now (${shown(now)}); is the sender's clock right?`;
  }
  if (startMs === undefined) {
    return needsStart ? "start_time_unix_nano: found 0, expected where the window of a delta point begins" : undefined;
  }
  if (startMs > timeMs || startMs < EARLIEST_MS) {
    return `start_time_unix_nano: found ${shown(startMs)}, expected a time before ${shown(timeMs)}`;
  }
  return undefined;
}

function shown(ms: number): string {
  return ms <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`;
}

function explicitCells({ bucketCounts, explicitBounds, count }: HistogramPoint): Cells | string {
  if (bucketCounts.length === 0 && explicitBounds.length === 0) {
    return { form: "explicit", bounds: [-Infinity, Infinity], counts: [count] };
  }
  if (bucketCounts.length !== explicitBounds.length + 1) {
    return `bucket_counts: found ${bucketCounts.length} for ${explicitBounds.length} explicit_bounds, expected ${explicitBounds.length + 1}`;
  }
  if (bucketCounts.length > MAX_CELLS) {
    return `bucket_counts: found ${bucketCounts.length}, expected at most ${MAX_CELLS}`;
  }
  const bad = explicitBounds.findIndex(
    (bound, i) => !Number.isFinite(bound) || (i > 0 && !(bound > explicitBounds[i - 1]!)),
  );
  if (bad !== -1) {
    return `explicit_bounds[${bad}]: found ${explicitBounds[bad]}, expected finite numbers in rising order`;
  }
  const held = bucketCounts.reduce((sum, each) => sum + each, 0);
  if (count !== 0 && count !== held) return `count: found ${count}, expected ${held}, the sum of bucket_counts`;
  return { form: "explicit", bounds: [-Infinity, ...explicitBounds, Infinity], counts: bucketCounts };
}

function exponentialCells(point: ExponentialPoint): Cells | string {
  const { scale, zeroCount, zeroThreshold, positive, negative, count } = point;
  const cells = positive.counts.length + negative.counts.length;
  if (cells > MAX_CELLS) return `bucket_counts: found ${cells}, expected at most ${MAX_CELLS}`;
  if (scale < -10 || scale > 20) return `scale: found ${scale}, expected -10 to 20`;
  if (!(zeroThreshold >= 0 && Number.isFinite(zeroThreshold))) {
    return `zero_threshold: found ${zeroThreshold}, expected a finite number of at least 0`;
  }
  const sum = (buckets: PointBuckets) => buckets.counts.reduce((total, each) => total + each, 0);
  const held = zeroCount + sum(positive) + sum(negative);
  if (count !== 0 && count !== held) return `count: found ${count}, expected ${held}, the sum of all buckets`;
  return { form: "exponential", scale, zeroThreshold, zeroCount, positive, negative };
}

function tooLong({ model, version, replica, feature, labels }: Observed): string | undefined {
  const texts = Object.entries({ "model.name": model, "model.version": version, feature, replica });
  if (labels.size > MAX_LABELS) return `attributes: found ${labels.size}, expected at most ${MAX_LABELS}`;
  for (const [name, text] of [...texts, ...labels]) {
    if (text.length > MAX_NAME) return `${name}: found ${text.length} characters, expected at most ${MAX_NAME}`;
  }
  return feature === "" ? "feature: found nothing, expected an attribute feature or a metric with a name" : undefined;
}

/** 128 bits, in base64. */
export function streamOf({ resource, scope, name, data }: Metric, attributes: Labels): string {
  const text = JSON.stringify([sortedEntries(resource), scope, name, data.form, sortedEntries(attributes)]);
  return hash("sha256", text, "base64").slice(0, 22);
}
