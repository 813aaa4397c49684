import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { metricsJson, metricsProtobuf } from "../../test/otlp-encoder.ts";
import { type Metric, type MetricData, OtlpError, type Temporality } from "./metrics.ts";
import { readMetricsJson } from "./read-json.ts";
import { readMetricsProtobuf } from "./read-protobuf.ts";

const text = fc.string({ unit: "binary", maxLength: 8 }).filter((value) => value.isWellFormed());
const attributes = fc.array(fc.tuple(text, text), { maxLength: 3 }).map((pairs) => new Map(pairs));
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const ms = fc.integer({ min: 1, max: 4e12 });
// JSON has no -0, and a sum of -0 is nobody's.
const double = fc.double().map((value) => (value === 0 ? 0 : value));
const temporality = fc.constantFrom<Temporality>("unspecified", "delta", "cumulative");
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const base = { attributes, startMs: optional(ms), timeMs: ms, noValue: fc.boolean() };
const buckets = fc.record({
  offset: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  counts: fc.array(count, { maxLength: 5 }),
});
const points = <T>(point: fc.Arbitrary<T>) => fc.array(point, { maxLength: 3 });
const numbers = points(fc.record({ ...base, value: optional(double) }));
const data: fc.Arbitrary<MetricData> = fc.oneof(
  fc.record({ form: fc.constant("gauge" as const), points: numbers }),
  fc.record({ form: fc.constant("sum" as const), temporality, monotonic: fc.boolean(), points: numbers }),
  fc.record({
    form: fc.constant("histogram" as const),
    temporality,
    points: points(
      fc.record({
        ...base,
        count,
        sum: optional(double),
        bucketCounts: fc.array(count, { maxLength: 5 }),
        explicitBounds: fc.array(double, { maxLength: 5 }),
      }),
    ),
  }),
  fc.record({
    form: fc.constant("exponential" as const),
    temporality,
    points: points(
      fc.record({
        ...base,
        count,
        sum: optional(double),
        scale: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        zeroCount: count,
        zeroThreshold: double,
        positive: buckets,
        negative: buckets,
      }),
    ),
  }),
  fc.record({
    form: fc.constant("summary" as const),
    points: points(
      fc.record({
        ...base,
        count,
        sum: double,
        quantiles: fc.array(
          fc.record({ quantile: fc.double({ min: 0.1, max: 1 }), value: fc.double({ min: 0.1, max: 9 }) }),
        ),
      }),
    ),
  }),
  fc.constant<MetricData>({ form: "unknown", points: [] }),
);
const metric: fc.Arbitrary<Metric> = fc.record({ resource: attributes, scope: text, name: text, unit: text, data });
const metrics = fc.array(metric, { maxLength: 3 });

test("both encodings say the same, packed or not", () => {
  fc.assert(
    fc.property(metrics, fc.boolean(), (request, packed) => {
      expect(readMetricsProtobuf(metricsProtobuf(request, packed))).toEqual(request);
      expect(readMetricsJson(metricsJson(request))).toEqual(request);
    }),
    { numRuns: 300 },
  );
});

test("whatever bytes are cut or changed, it is read or refused with a place", () => {
  fc.assert(
    fc.property(metrics, fc.nat(), fc.nat({ max: 255 }), fc.boolean(), (request, at, byte, cut) => {
      const body = metricsProtobuf(request);
      if (body.length === 0) return;
      const place = at % body.length;
      const changed = cut ? body.subarray(0, place) : Buffer.from(body).fill(byte, place, place + 1);
      try {
        readMetricsProtobuf(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(OtlpError);
        expect((error as OtlpError).message).toMatch(/^byte \d+: /);
        expect(Number(/\d+/.exec((error as OtlpError).place)![0])).toBeLessThanOrEqual(changed.length);
      }
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
      try {
        readMetricsProtobuf(body);
      } catch (error) {
        expect(error).toBeInstanceOf(OtlpError);
      }
    }),
  );
});

test("any JSON is read or refused with a path", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      const body = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","histogram":{"dataPoints":[${json}]}}]}]}]}`;
      for (const each of [json, body]) {
        try {
          readMetricsJson(Buffer.from(each));
        } catch (error) {
          expect(error).toBeInstanceOf(OtlpError);
        }
      }
    }),
  );
});

describe("attributes of all kinds", () => {
  const values = [
    { stringValue: "a" },
    { boolValue: true },
    { intValue: "-9007199254740993" },
    { intValue: 7 },
    { doubleValue: "Infinity" },
    { doubleValue: 0.5 },
    { arrayValue: { values: [{ stringValue: "x" }, { intValue: "2" }] } },
    { kvlistValue: { values: [{ key: "k", value: { boolValue: false } }] } },
    { bytesValue: "AQI=" },
    {},
  ];
  test("are text", () => {
    const attributes = values.map((value, i) => ({ key: `a${i}`, value }));
    const body = { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics: [{ name: "m" }] }] }] };
    const [read] = readMetricsJson(Buffer.from(JSON.stringify(body)));
    const expected = ["a", "true", "-9007199254740993", "7", "Infinity", "0.5", '["x",2]', '{"k":false}', "AQI=", ""];
    expect([...read!.resource.values()]).toEqual(expected);
  });
});

describe("what is refused", () => {
  const point = (fields: object) => ({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ histogram: { dataPoints: [fields] } }] }] }],
  });
  const path = "resourceMetrics[0].scopeMetrics[0].metrics[0].histogram.dataPoints[0]";
  test.each([
    ["no object", [], "the body: found [], expected an object"],
    ["a count that is none", point({ count: -1 }), `${path}.count: found -1, expected a count of 0 to 2^53`],
    [
      "a fraction",
      point({ bucketCounts: ["1", 1.5] }),
      `${path}.bucketCounts[1]: found 1.5, expected an integer, as a number or a string`,
    ],
    [
      "a text for a bound",
      point({ explicitBounds: ["x"] }),
      `${path}.explicitBounds[0]: found "x", expected a number, or "NaN", "Infinity", "-Infinity"`,
    ],
  ])("%s", (_, body, message) => {
    expect(() => readMetricsJson(Buffer.from(JSON.stringify(body)))).toThrow(message);
  });

  test.each([
    [
      "a field that is longer than the rest",
      [0x0a, 0x05, 0x01],
      "byte 1: resource_metrics: found a length of 5, but 1 bytes are left",
    ],
    ["another wire type", [0x08, 0x01], "byte 1: resource_metrics: found wire type 0, expected 2"],
    ["a group", [0x13], "byte 0: found wire type 3, expected 0, 1, 2 or 5"],
    [
      "an endless varint",
      Array.from({ length: 12 }, () => 0xff),
      "byte 0: a field's tag: found a varint of more than 10 bytes",
    ],
  ])("%s", (_, body, message) => {
    expect(() => readMetricsProtobuf(Uint8Array.from(body))).toThrow(message);
  });

  test("attributes without an end", () => {
    let value = Buffer.from([0x0a, 0x00]);
    const wrap = (tag: number, inner: Buffer) => {
      const length = inner.length < 128 ? [inner.length] : [(inner.length % 128) | 128, Math.floor(inner.length / 128)];
      return Buffer.concat([Buffer.from([tag, ...length]), inner]);
    };
    for (let i = 0; i < 40; i++) value = wrap(0x2a, wrap(0x0a, value));
    const body = wrap(0x0a, wrap(0x0a, wrap(0x0a, wrap(0x12, value))));
    expect(() => readMetricsProtobuf(body)).toThrow(/byte \d+: attributes nested deeper than 16/);
  });
});
