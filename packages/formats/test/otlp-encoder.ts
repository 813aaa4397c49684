/** OTLP metrics requests written from the .proto files, without the reader's code, to judge it by. */
import type { Attributes, Metric, PointBase, PointBuckets } from "../src/otlp/metrics.ts";
import { TEMPORALITIES } from "../src/otlp/metrics.ts";

type Part = Buffer;

function varint(value: bigint): Part {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

const tag = (field: number, wire: number) => varint(BigInt(field * 8 + wire));
const bytes = (field: number, ...parts: Part[]) => {
  const all = Buffer.concat(parts);
  return Buffer.concat([tag(field, 2), varint(BigInt(all.length)), all]);
};
const text = (field: number, value: string) => bytes(field, Buffer.from(value, "utf8"));
const uint = (field: number, value: number | bigint) => Buffer.concat([tag(field, 0), varint(BigInt(value))]);
const zigzag = (value: number) => BigInt(value < 0 ? -value * 2 - 1 : value * 2);
const eight = (write: (buffer: Buffer) => void) => {
  const buffer = Buffer.alloc(8);
  write(buffer);
  return buffer;
};
const doubleBytes = (value: number) => eight((buffer) => buffer.writeDoubleLE(value));
const fixedBytes = (value: bigint) => eight((buffer) => buffer.writeBigUInt64LE(value));
const double = (field: number, value: number) => Buffer.concat([tag(field, 1), doubleBytes(value)]);
const fixed = (field: number, value: bigint) => Buffer.concat([tag(field, 1), fixedBytes(value)]);
const NS = 1_000_000n;

function attributeParts(field: number, attributes: Attributes): Part[] {
  return [...attributes].map(([key, value]) => bytes(field, text(1, key), bytes(2, text(1, value))));
}

function baseParts(point: PointBase, attributes: number, flags: number): Part[] {
  return [
    ...attributeParts(attributes, point.attributes),
    ...(point.startMs === undefined ? [] : [fixed(2, BigInt(point.startMs) * NS)]),
    fixed(3, BigInt(point.timeMs) * NS),
    ...(point.noValue ? [uint(flags, 1)] : []),
  ];
}

function bucketParts(field: number, { offset, counts }: PointBuckets, packed: boolean): Part {
  const values = counts.map((count) => varint(BigInt(count)));
  const list = packed ? [bytes(2, ...values)] : values.map((value) => Buffer.concat([tag(2, 0), value]));
  return bytes(field, uint(1, zigzag(offset)), ...list);
}

function dataPart({ data }: Metric, packed: boolean): Part {
  const temporality = "temporality" in data ? [uint(2, TEMPORALITIES.indexOf(data.temporality))] : [];
  const sum = (value: number | undefined) => (value === undefined ? [] : [double(5, value)]);
  if (data.form === "gauge" || data.form === "sum") {
    const points = data.points.map((point) =>
      bytes(1, ...(point.value === undefined ? [] : [double(4, point.value)]), ...baseParts(point, 7, 8)),
    );
    const monotonic = data.form === "sum" && data.monotonic ? [uint(3, 1)] : [];
    return bytes(data.form === "gauge" ? 5 : 7, ...points, ...temporality, ...monotonic);
  }
  if (data.form === "histogram") {
    const points = data.points.map((point) => {
      const counts = point.bucketCounts.map((count) => fixedBytes(BigInt(count)));
      const bounds = point.explicitBounds.map(doubleBytes);
      const lists = packed
        ? [bytes(6, ...counts), bytes(7, ...bounds)]
        : [
            ...counts.map((each) => Buffer.concat([tag(6, 1), each])),
            ...bounds.map((each) => Buffer.concat([tag(7, 1), each])),
          ];
      return bytes(1, ...baseParts(point, 9, 10), fixed(4, BigInt(point.count)), ...sum(point.sum), ...lists);
    });
    return bytes(9, ...points, ...temporality);
  }
  if (data.form === "exponential") {
    const points = data.points.map((point) =>
      bytes(
        1,
        ...baseParts(point, 1, 10),
        fixed(4, BigInt(point.count)),
        ...sum(point.sum),
        uint(6, zigzag(point.scale)),
        fixed(7, BigInt(point.zeroCount)),
        bucketParts(8, point.positive, packed),
        bucketParts(9, point.negative, packed),
        double(14, point.zeroThreshold),
      ),
    );
    return bytes(10, ...points, ...temporality);
  }
  if (data.form === "unknown") return bytes(99, text(1, "of a later version"));
  const points = data.points.map((point) => {
    const quantiles = point.quantiles.map(({ quantile, value }) => bytes(6, double(1, quantile), double(2, value)));
    return bytes(1, ...baseParts(point, 7, 8), fixed(4, BigInt(point.count)), double(5, point.sum), ...quantiles);
  });
  return bytes(11, ...points);
}

/** Each metric with a resource and a scope of its own. `packed`: repeated numbers in one field. */
export function metricsProtobuf(metrics: readonly Metric[], packed = true): Buffer {
  return Buffer.concat(
    metrics.map((metric) =>
      bytes(
        1,
        bytes(1, ...attributeParts(1, metric.resource)),
        bytes(
          2,
          bytes(1, text(1, metric.scope)),
          bytes(2, text(1, metric.name), text(2, "described"), text(3, metric.unit), dataPart(metric, packed)),
        ),
      ),
    ),
  );
}

const jsonNumber = (value: number) => (Number.isFinite(value) ? value : String(value));
const jsonTime = (ms: number) => String(BigInt(ms) * NS);
const jsonAttributes = (attributes: Attributes) =>
  [...attributes].map(([key, stringValue]) => ({ key, value: { stringValue } }));

function jsonPoint(point: Metric["data"]["points"][number]): Record<string, unknown> {
  const { attributes, startMs, timeMs, noValue, ...rest } = point;
  const buckets = ({ offset, counts }: PointBuckets) => ({ offset, bucketCounts: counts.map(String) });
  const own = Object.entries(rest).flatMap(([name, value]): [string, unknown][] => {
    if (value === undefined) return [];
    if (name === "value") return [["asDouble", jsonNumber(value as number)]];
    if (name === "positive" || name === "negative") return [[name, buckets(value as PointBuckets)]];
    if (name === "quantiles") return [["quantileValues", value]];
    if (name === "bucketCounts") return [[name, (value as number[]).map(String)]];
    if (name === "explicitBounds") return [[name, (value as number[]).map(jsonNumber)]];
    return [[name, name === "count" || name === "zeroCount" ? String(value) : jsonNumber(value as number)]];
  });
  return {
    ...Object.fromEntries(own),
    attributes: jsonAttributes(attributes),
    ...(startMs !== undefined && { startTimeUnixNano: jsonTime(startMs) }),
    timeUnixNano: jsonTime(timeMs),
    ...(noValue && { flags: 1 }),
  };
}

const FORMS = {
  gauge: "gauge",
  sum: "sum",
  histogram: "histogram",
  exponential: "exponentialHistogram",
  summary: "summary",
};

export function metricsJson(metrics: readonly Metric[]): Buffer {
  const resourceMetrics = metrics.map((metric) => {
    const { data, name, unit } = metric;
    const content = {
      dataPoints: data.points.map(jsonPoint),
      ...("temporality" in data && { aggregationTemporality: TEMPORALITIES.indexOf(data.temporality) }),
      ...(data.form === "sum" && { isMonotonic: data.monotonic }),
    };
    const key = data.form === "unknown" ? "later" : FORMS[data.form];
    return {
      resource: { attributes: jsonAttributes(metric.resource) },
      scopeMetrics: [{ scope: { name: metric.scope }, metrics: [{ name, unit, [key]: content }] }],
    };
  });
  return Buffer.from(JSON.stringify({ resourceMetrics }));
}
