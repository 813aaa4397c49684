import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCallGraph, parseMetricsTable, RcaTableError } from "./metrics-table.ts";

test("three header rows, the index' name, and values that may be missing", () => {
  const text = 'microservice,a,"b, c"\nmetric,latency,requests\nstatistic,p99,Sum\nunix_timestamp,,\n60,0.5,\n120,,7\n';
  const { times, columns } = parseMetricsTable(text, "metrics.csv");
  expect([...times]).toEqual([60, 120]);
  expect(
    columns.map(({ component, metric, statistic, values }) => [component, metric, statistic, [...values]]),
  ).toEqual([
    ["a", "latency", "p99", [0.5, Number.NaN]],
    ["b, c", "requests", "Sum", [Number.NaN, 7]],
  ]);
});

test("a graph tells who calls whom", () => {
  expect(parseCallGraph(",a,b\r\na,0.0,1.0\r\nb,0,0\r\n", "graph.csv")).toEqual(
    new Map([
      ["a", ["b"]],
      ["b", []],
    ]),
  );
});

test.each([
  ["a,b\n", "m.csv: found 1 rows"],
  ["x,a\nx,l\nx,p\nt,\nnoon,1\n", 'm.csv:5: found "noon"'],
  ['x,"a\n', "unfinished quote"],
])("%j is refused with its place", (text, message) => {
  expect(() => parseMetricsTable(text, "m.csv")).toThrow(message);
  expect(() => parseMetricsTable(text, "m.csv")).toThrow(RcaTableError);
});

test("a graph that is not square is refused", () => {
  expect(() => parseCallGraph(",a,b\na,0\n", "g.csv")).toThrow("g.csv:2: found 1 cells, expected 2");
});

test("whatever text comes, it is read or refused, never more", () => {
  const text = fc.stringMatching(/^[a-c0-9,"\n\r.]{0,80}$/);
  fc.assert(
    fc.property(text, (any) => {
      try {
        parseMetricsTable(any, "m.csv");
      } catch (error) {
        expect(error).toBeInstanceOf(RcaTableError);
      }
    }),
  );
});
