import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatLabels, formatTimestamp, formatValue, streamOf, successBody } from "./prometheus-json.ts";

describe("values", () => {
  test.each<[number, string]>([
    [0, "0"],
    [-0, "-0"],
    [1, "1"],
    [-1.5, "-1.5"],
    [0.1, "0.1"],
    [34.156, "34.156"],
    [1e-6, "0.000001"],
    [1.2345678e-6, "0.0000012345678"],
    [1e-7, "1e-07"],
    [9.99e-7, "9.99e-07"],
    [-1e-10, "-1e-10"],
    [1.2345678e-67, "1.2345678e-67"],
    [5e-324, "5e-324"],
    [1e20, "100000000000000000000"],
    [1e21, "1e+21"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [1.13e19, "11300000000000000000"],
    [1.8446744073709552e19, "18446744073709552000"],
    [9007199254740991, "9007199254740991"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "+Inf"],
    [Number.NEGATIVE_INFINITY, "-Inf"],
  ])("%d prints as %s", (value, text) => {
    expect(formatValue(value)).toBe(text);
  });

  test("read back as they were", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(formatValue(value))).toBe(value);
      }),
    );
  });
});

test.each<[number, string]>([
  [0, "0"],
  [1_435_781_451_781, "1435781451.781"],
  [1_435_781_451_000, "1435781451"],
  [1500, "1.500"],
  [1007, "1.007"],
  [-1, "-0.001"],
  [-1500, "-1.500"],
])("%i ms is the moment %s", (ms, text) => {
  expect(formatTimestamp(ms)).toBe(text);
});

test("labels are sorted by name, whatever the names are", () => {
  const text = formatLabels([
    ["b", 'q"\\\n'],
    ["__proto__", "p"],
    ["10", "ten"],
    ["a", "é"],
  ]);
  expect(text).toBe('{"10":"ten","__proto__":"p","a":"é","b":"q\\"\\\\\\n"}');
  expect(formatLabels([])).toBe("{}");
});

test("a body is framed, warned about, and sent in pieces", async () => {
  expect([...successBody(["[1]"])].join("")).toBe('{"status":"success","data":[1]}');
  expect([...successBody(["[1]"], ["cut"])].join("")).toBe('{"status":"success","data":[1],"warnings":["cut"]}');
  const parts = Array.from({ length: 5000 }, (_, i) => `${i === 0 ? "[" : ","}"${"x".repeat(50)}"`);
  const pieces = [...successBody([...parts, "]"])];
  expect(pieces.length).toBeGreaterThan(3);
  const text = await new Response(streamOf(pieces.values())).text();
  expect(JSON.parse(text).data).toHaveLength(5000);
});
