/** ExportMetricsServiceRequest as OTLP/JSON: names in lowerCamelCase, fields that are not known ignored. Throws OtlpError. */
import { type AttributeValue, attributeText } from "./attribute-text.ts";
import { countOf, doubleOf, fail, JsonFields } from "./json-fields.ts";
import {
  type Attributes,
  type ExponentialPoint,
  type HistogramPoint,
  MAX_NESTING,
  MAX_POINTS,
  type Metric,
  type MetricData,
  type NumberPoint,
  OtlpError,
  type PointBase,
  type PointBuckets,
  type SummaryPoint,
  TEMPORALITIES,
  type Temporality,
} from "./metrics.ts";

export function readMetricsJson(body: Uint8Array): Metric[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  } catch (error) {
    throw new OtlpError("the body", `found no JSON: ${(error as Error).message}`);
  }
  const metrics = new JsonFields(parsed, "").children("resourceMetrics").flatMap(resourceMetrics);
  let points = 0;
  for (const { data } of metrics) points += data.points.length;
  if (points > MAX_POINTS || metrics.length > MAX_POINTS) {
    const found = Math.max(points, metrics.length);
    throw new OtlpError("the body", `found ${found} data points or metrics, at most ${MAX_POINTS} are taken at once`);
  }
  return metrics;
}

function resourceMetrics(fields: JsonFields): Metric[] {
  const resource = attributesOf(fields.child("resource"));
  return fields.children("scopeMetrics").flatMap((scoped) => {
    const scope = scoped.child("scope")?.string("name") ?? "";
    return scoped.children("metrics").map((metric) => metricOf(metric, resource, scope));
  });
}

function metricOf(fields: JsonFields, resource: Attributes, scope: string): Metric {
  return { resource, scope, name: fields.string("name"), unit: fields.string("unit"), data: dataOf(fields) };
}

function dataOf(fields: JsonFields): MetricData {
  const [gauge, sum, histogram] = [fields.child("gauge"), fields.child("sum"), fields.child("histogram")];
  const [exponential, summary] = [fields.child("exponentialHistogram"), fields.child("summary")];
  if (gauge) return { form: "gauge", points: gauge.children("dataPoints").map(numberPoint) };
  if (sum) {
    const points = sum.children("dataPoints").map(numberPoint);
    return { form: "sum", temporality: temporalityOf(sum), monotonic: sum.bool("isMonotonic"), points };
  }
  if (histogram) {
    const points = histogram.children("dataPoints").map(histogramPoint);
    return { form: "histogram", temporality: temporalityOf(histogram), points };
  }
  if (exponential) {
    const points = exponential.children("dataPoints").map(exponentialPoint);
    return { form: "exponential", temporality: temporalityOf(exponential), points };
  }
  if (summary) return { form: "summary", points: summary.children("dataPoints").map(summaryPoint) };
  return { form: "unknown", points: [] };
}

const TEMPORALITY_NAMES = TEMPORALITIES.map((name) => `AGGREGATION_TEMPORALITY_${name.toUpperCase()}`);

/** A number, as OTLP wants it, or the name that protobuf's own JSON has. */
function temporalityOf(fields: JsonFields): Temporality {
  const value = fields.raw("aggregationTemporality") ?? 0;
  const number = typeof value === "string" ? TEMPORALITY_NAMES.indexOf(value) : value;
  const found = typeof number === "number" ? TEMPORALITIES[number] : undefined;
  return found ?? fail(fields.at("aggregationTemporality"), value, "1 (delta) or 2 (cumulative)");
}

function baseOf(fields: JsonFields): PointBase {
  return {
    attributes: attributesOf(fields),
    startMs: fields.time("startTimeUnixNano"),
    timeMs: fields.time("timeUnixNano") ?? 0,
    noValue: fields.count("flags") % 2 === 1,
  };
}

function numberPoint(fields: JsonFields): NumberPoint {
  const integer = fields.int64("asInt");
  const value = integer === undefined ? fields.double("asDouble") : Number(integer);
  return { ...baseOf(fields), value };
}

function histogramPoint(fields: JsonFields): HistogramPoint {
  return {
    ...baseOf(fields),
    count: fields.count("count"),
    sum: fields.double("sum"),
    bucketCounts: fields.list("bucketCounts", countOf),
    explicitBounds: fields.list("explicitBounds", doubleOf),
  };
}

function exponentialPoint(fields: JsonFields): ExponentialPoint {
  return {
    ...baseOf(fields),
    count: fields.count("count"),
    sum: fields.double("sum"),
    scale: fields.int32("scale"),
    zeroCount: fields.count("zeroCount"),
    zeroThreshold: fields.double("zeroThreshold") ?? 0,
    positive: bucketsOf(fields.child("positive")),
    negative: bucketsOf(fields.child("negative")),
  };
}

function bucketsOf(fields: JsonFields | undefined): PointBuckets {
  return { offset: fields?.int32("offset") ?? 0, counts: fields?.list("bucketCounts", countOf) ?? [] };
}

function summaryPoint(fields: JsonFields): SummaryPoint {
  return {
    ...baseOf(fields),
    count: fields.count("count"),
    sum: fields.double("sum") ?? 0,
    quantiles: fields.children("quantileValues").map((quantile) => ({
      quantile: quantile.double("quantile") ?? 0,
      value: quantile.double("value") ?? 0,
    })),
  };
}

function attributesOf(fields: JsonFields | undefined): Attributes {
  const attributes = new Map<string, string>();
  for (const each of fields?.children("attributes") ?? []) {
    attributes.set(each.string("key"), attributeText(attributeValue(each.child("value"), 0)));
  }
  return attributes;
}

function attributeValue(fields: JsonFields | undefined, nesting: number): AttributeValue {
  if (fields === undefined) return undefined;
  if (nesting > MAX_NESTING) fail(fields.path, "more", `attributes nested at most ${MAX_NESTING} deep`);
  if (fields.raw("stringValue") !== undefined) return fields.string("stringValue");
  if (fields.raw("boolValue") !== undefined) return fields.bool("boolValue");
  const [array, list] = [fields.child("arrayValue"), fields.child("kvlistValue")];
  if (array) return array.list("values", (value, path) => attributeValue(new JsonFields(value, path), nesting + 1));
  if (list) {
    const entries = list.children("values");
    return new Map(entries.map((each) => [each.string("key"), attributeValue(each.child("value"), nesting + 1)]));
  }
  return fields.int64("intValue") ?? fields.double("doubleValue") ?? fields.bytes("bytesValue");
}
