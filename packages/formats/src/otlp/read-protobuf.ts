/**
 * ExportMetricsServiceRequest in protobuf (opentelemetry/proto/collector/metrics/v1, metrics/v1 as of OTLP 1.x). Numbers of
 * fields are those of the .proto files; fields not named here are skipped. Throws OtlpError with the byte's offset.
 */
import { type AttributeValue, attributeText } from "./attribute-text.ts";
import {
  type Attributes,
  type ExponentialPoint,
  type HistogramPoint,
  MAX_NESTING,
  MAX_POINTS,
  type Metric,
  type MetricData,
  type NumberPoint,
  type PointBuckets,
  type Quantile,
  type SummaryPoint,
  TEMPORALITIES,
  type Temporality,
} from "./metrics.ts";
import { EIGHT, VARINT, WireReader } from "./wire-reader.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Open = { attributes: Map<string, string>; startMs: number | undefined; timeMs: number; noValue: boolean };

export function readMetricsProtobuf(body: Uint8Array): Metric[] {
  return new Reading(new WireReader(body)).request();
}

class Reading {
  readonly #reader: WireReader;
  #points = 0;
  #metrics = 0;

  constructor(reader: WireReader) {
    this.#reader = reader;
  }

  request(): Metric[] {
    const metrics: Metric[] = [];
    this.#reader.fields((field, wire) => {
      if (field !== 1) return false;
      for (const metric of this.#resourceMetrics(wire)) metrics.push(metric);
      return true;
    });
    return metrics;
  }

  /** The resource may stand behind the metrics that are of it. */
  #resourceMetrics(wire: number): Metric[] {
    const attributes = new Map<string, string>();
    const metrics: Metric[] = [];
    this.#reader.message(wire, "resource_metrics", (field, inner) => {
      if (field === 1) this.#resource(inner, attributes);
      else if (field === 2) for (const metric of this.#scopeMetrics(inner, attributes)) metrics.push(metric);
      else return false;
      return true;
    });
    return metrics;
  }

  #resource(wire: number, attributes: Map<string, string>): void {
    this.#reader.message(wire, "resource", (field, inner) => field === 1 && this.#attribute(inner, attributes));
  }

  #scopeMetrics(wire: number, resource: Attributes): Metric[] {
    let scope = "";
    const metrics: Omit<Metric, "scope">[] = [];
    this.#reader.message(wire, "scope_metrics", (field, inner) => {
      if (field === 1) scope = this.#scope(inner);
      else if (field === 2) metrics.push(this.#metric(inner, resource));
      else return false;
      return true;
    });
    return metrics.map((metric) => ({ ...metric, scope }));
  }

  #scope(wire: number): string {
    let name = "";
    this.#reader.message(wire, "scope", (field, inner) => {
      if (field !== 1) return false;
      name = this.#reader.string(inner, "scope.name");
      return true;
    });
    return name;
  }

  #metric(wire: number, resource: Attributes): Omit<Metric, "scope"> {
    let [name, unit]: [string, string] = ["", ""];
    let data: MetricData = { form: "unknown", points: [] };
    this.#metrics++;
    if (this.#metrics > MAX_POINTS) {
      this.#reader.fail(`found more than ${MAX_POINTS} metrics; send them in several requests`);
    }
    this.#reader.message(wire, "metric", (field, inner) => {
      if (field === 1) name = this.#reader.string(inner, "metric.name");
      else if (field === 3) unit = this.#reader.string(inner, "metric.unit");
      else if (field === 5) data = this.#gauge(inner);
      else if (field === 7) data = this.#sum(inner);
      else if (field === 9) data = this.#histogram(inner);
      else if (field === 10) data = this.#exponential(inner);
      else if (field === 11) data = this.#summary(inner);
      else return false;
      return true;
    });
    return { resource, name, unit, data };
  }

  #gauge(wire: number): MetricData {
    const points: NumberPoint[] = [];
    this.#reader.message(wire, "gauge", (field, inner) => field === 1 && this.#numberPoint(inner, points));
    return { form: "gauge", points };
  }

  #sum(wire: number): MetricData {
    const points: NumberPoint[] = [];
    let temporality: Temporality = "unspecified";
    let monotonic = false;
    this.#reader.message(wire, "sum", (field, inner) => {
      if (field === 1) return this.#numberPoint(inner, points);
      if (field === 2) temporality = this.#temporality(inner);
      else if (field === 3) monotonic = this.#reader.bool(inner, "is_monotonic");
      else return false;
      return true;
    });
    return { form: "sum", temporality, monotonic, points };
  }

  #histogram(wire: number): MetricData {
    const points: HistogramPoint[] = [];
    let temporality: Temporality = "unspecified";
    this.#reader.message(wire, "histogram", (field, inner) => {
      if (field === 1) return this.#histogramPoint(inner, points);
      if (field === 2) temporality = this.#temporality(inner);
      else return false;
      return true;
    });
    return { form: "histogram", temporality, points };
  }

  #exponential(wire: number): MetricData {
    const points: ExponentialPoint[] = [];
    let temporality: Temporality = "unspecified";
    this.#reader.message(wire, "exponential_histogram", (field, inner) => {
      if (field === 1) return this.#exponentialPoint(inner, points);
      if (field === 2) temporality = this.#temporality(inner);
      else return false;
      return true;
    });
    return { form: "exponential", temporality, points };
  }

  #summary(wire: number): MetricData {
    const points: SummaryPoint[] = [];
    this.#reader.message(wire, "summary", (field, inner) => field === 1 && this.#summaryPoint(inner, points));
    return { form: "summary", points };
  }

  #temporality(wire: number): Temporality {
    const at = this.#reader.at;
    const number = this.#reader.uint(wire, "aggregation_temporality");
    return (
      TEMPORALITIES[number] ??
      this.#reader.fail(`aggregation_temporality: found ${number}, expected 1 (delta) or 2 (cumulative)`, at)
    );
  }

  #open(): Open {
    this.#points++;
    if (this.#points > MAX_POINTS) {
      this.#reader.fail(`found more than ${MAX_POINTS} data points; send them in several requests`);
    }
    return { attributes: new Map(), startMs: undefined, timeMs: 0, noValue: false };
  }

  /** Times, which all points have under the same numbers, flags and attributes. */
  #base(point: Open, field: number, wire: number, attributes: number, flags: number): boolean {
    if (field === 2) point.startMs = this.#reader.time(wire, "start_time_unix_nano");
    else if (field === 3) point.timeMs = this.#reader.time(wire, "time_unix_nano") ?? 0;
    else if (field === attributes) return this.#attribute(wire, point.attributes);
    else if (field === flags) point.noValue = this.#reader.uint(wire, "flags") % 2 === 1;
    else return false;
    return true;
  }

  #numberPoint(wire: number, points: NumberPoint[]): boolean {
    const point: Mutable<NumberPoint> & Open = { ...this.#open(), value: undefined };
    this.#reader.message(wire, "data_points", (field, inner) => {
      if (field === 4) point.value = this.#reader.double(inner, "as_double");
      else if (field === 6) point.value = this.#reader.signedFixed(inner, "as_int");
      else return this.#base(point, field, inner, 7, 8);
      return true;
    });
    return points.push(point) > 0;
  }

  #histogramPoint(wire: number, points: HistogramPoint[]): boolean {
    const bucketCounts: number[] = [];
    const explicitBounds: number[] = [];
    const open = { ...this.#open(), count: 0, sum: undefined, bucketCounts, explicitBounds };
    const point: Mutable<HistogramPoint> & Open = open;
    const reader = this.#reader;
    reader.message(wire, "data_points", (field, inner) => {
      if (field === 4) point.count = reader.fixedCount(inner, "count");
      else if (field === 5) point.sum = reader.double(inner, "sum");
      else if (field === 6) {
        reader.repeated(inner, EIGHT, "bucket_counts", (each) =>
          bucketCounts.push(reader.fixedCount(each, "bucket_counts")),
        );
      } else if (field === 7) {
        reader.repeated(inner, EIGHT, "explicit_bounds", (each) =>
          explicitBounds.push(reader.double(each, "explicit_bounds")),
        );
      } else return this.#base(point, field, inner, 9, 10);
      return true;
    });
    return points.push(point) > 0;
  }

  #exponentialPoint(wire: number, points: ExponentialPoint[]): boolean {
    const none: PointBuckets = { offset: 0, counts: [] };
    const counts = { count: 0, sum: undefined, scale: 0, zeroCount: 0, zeroThreshold: 0 };
    const point: Mutable<ExponentialPoint> & Open = { ...this.#open(), ...counts, positive: none, negative: none };
    const reader = this.#reader;
    reader.message(wire, "data_points", (field, inner) => {
      if (field === 4) point.count = reader.fixedCount(inner, "count");
      else if (field === 5) point.sum = reader.double(inner, "sum");
      else if (field === 6) point.scale = reader.sint32(inner, "scale");
      else if (field === 7) point.zeroCount = reader.fixedCount(inner, "zero_count");
      else if (field === 8) point.positive = this.#buckets(inner, "positive");
      else if (field === 9) point.negative = this.#buckets(inner, "negative");
      else if (field === 14) point.zeroThreshold = reader.double(inner, "zero_threshold");
      else return this.#base(point, field, inner, 1, 10);
      return true;
    });
    return points.push(point) > 0;
  }

  #buckets(wire: number, name: string): PointBuckets {
    let offset = 0;
    const counts: number[] = [];
    const reader = this.#reader;
    reader.message(wire, name, (field, inner) => {
      if (field === 1) offset = reader.sint32(inner, `${name}.offset`);
      else if (field === 2) {
        reader.repeated(inner, VARINT, `${name}.bucket_counts`, (each) =>
          counts.push(reader.uint(each, `${name}.bucket_counts`)),
        );
      } else return false;
      return true;
    });
    return { offset, counts };
  }

  #summaryPoint(wire: number, points: SummaryPoint[]): boolean {
    const quantiles: Quantile[] = [];
    const point: Mutable<SummaryPoint> & Open = { ...this.#open(), count: 0, sum: 0, quantiles };
    this.#reader.message(wire, "data_points", (field, inner) => {
      if (field === 4) point.count = this.#reader.fixedCount(inner, "count");
      else if (field === 5) point.sum = this.#reader.double(inner, "sum");
      else if (field === 6) quantiles.push(this.#quantile(inner));
      else return this.#base(point, field, inner, 7, 8);
      return true;
    });
    return points.push(point) > 0;
  }

  #quantile(wire: number): Quantile {
    const found = { quantile: 0, value: 0 };
    this.#reader.message(wire, "quantile_values", (field, inner) => {
      if (field === 1) found.quantile = this.#reader.double(inner, "quantile");
      else if (field === 2) found.value = this.#reader.double(inner, "value");
      else return false;
      return true;
    });
    return found;
  }

  #attribute(wire: number, attributes: Map<string, string>): boolean {
    const [key, value] = this.#keyValue(wire, "attributes");
    attributes.set(key, attributeText(value));
    return true;
  }

  #keyValue(wire: number, name: string): [string, AttributeValue] {
    let key = "";
    let value: AttributeValue;
    this.#reader.message(wire, name, (field, inner) => {
      if (field === 1) key = this.#reader.string(inner, `${name}.key`);
      else if (field === 2) value = this.#anyValue(inner, 0);
      else return false;
      return true;
    });
    return [key, value];
  }

  #anyValue(wire: number, nesting: number): AttributeValue {
    const reader = this.#reader;
    if (nesting > MAX_NESTING) reader.fail(`attributes nested deeper than ${MAX_NESTING}`);
    let value: AttributeValue;
    reader.message(wire, "value", (field, inner) => {
      if (field === 1) value = reader.string(inner, "string_value");
      else if (field === 2) value = reader.bool(inner, "bool_value");
      else if (field === 3) value = reader.int64(inner, "int_value");
      else if (field === 4) value = reader.double(inner, "double_value");
      else if (field === 5) value = this.#array(inner, nesting);
      else if (field === 6) value = this.#list(inner, nesting);
      else if (field === 7) value = reader.bytes(inner, "bytes_value");
      else return false;
      return true;
    });
    return value;
  }

  #array(wire: number, nesting: number): AttributeValue[] {
    const values: AttributeValue[] = [];
    this.#reader.message(wire, "array_value", (field, inner) => {
      if (field !== 1) return false;
      values.push(this.#anyValue(inner, nesting + 1));
      return true;
    });
    return values;
  }

  #list(wire: number, nesting: number): ReadonlyMap<string, AttributeValue> {
    const list = new Map<string, AttributeValue>();
    this.#reader.message(wire, "kvlist_value", (field, inner) => {
      if (field !== 1) return false;
      let key = "";
      let value: AttributeValue;
      this.#reader.message(inner, "kvlist_value.values", (part, deeper) => {
        if (part === 1) key = this.#reader.string(deeper, "key");
        else if (part === 2) value = this.#anyValue(deeper, nesting + 1);
        else return false;
        return true;
      });
      list.set(key, value);
      return true;
    });
    return list;
  }
}
