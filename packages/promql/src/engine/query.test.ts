import { describe, expect, test } from "vitest";
import type { VectorSelector } from "../parse/ast.ts";
import { parseExpression } from "../parse/parse.ts";
import { fromEntries } from "./labels.ts";
import { type QueryOptions, type QueryResult, requestsOf, runQuery } from "./query.ts";
import type { SelectorSeries } from "./series.ts";

const MINUTE = 60_000;

function series(labels: Record<string, string>, values: number[], stepMs = MINUTE): SelectorSeries {
  const times = Float64Array.from(values, (_, i) => i * stepMs);
  return { labels: fromEntries(Object.entries(labels)), times, values: Float64Array.from(values), stale: undefined };
}

function run(query: string, given: readonly SelectorSeries[], options: Partial<QueryOptions> = {}): QueryResult {
  const expression = parseExpression(query);
  const complete: QueryOptions = { query, startMs: 0, endMs: 0, stepMs: undefined, ...options };
  const data = new Map<VectorSelector, readonly SelectorSeries[]>();
  for (const { node } of requestsOf(expression, complete)) data.set(node, given);
  return runQuery(expression, complete, data);
}

describe("what is asked for", () => {
  test.each<[string, number, number]>([
    ["x", 7 * MINUTE, 22 * MINUTE],
    ["x offset 2m", 5 * MINUTE, 20 * MINUTE],
    ["rate(x[1m])", 11 * MINUTE, 22 * MINUTE],
    ["x @ end()", 17 * MINUTE, 22 * MINUTE],
    ["x @ 60 offset -1m", -3 * MINUTE, 2 * MINUTE],
    ["max_over_time(rate(x[1m])[10m:5m])", 4 * MINUTE, 20 * MINUTE],
  ])("%s", (query, afterMs, untilMs) => {
    const options: QueryOptions = { query, startMs: 12 * MINUTE, endMs: 22 * MINUTE, stepMs: MINUTE };
    expect(requestsOf(parseExpression(query), options)).toMatchObject([{ afterMs, untilMs }]);
  });
});

test("a range query sorts by labels, an instant query keeps the order it was made in", () => {
  const given = [series({ __name__: "x", k: "b" }, [1]), series({ __name__: "x", k: "a" }, [2])];
  const ranged = run("x", given, { endMs: MINUTE, stepMs: MINUTE }).value;
  expect(ranged).toMatchObject({
    type: "matrix",
    series: [{ values: Float64Array.of(2, 2) }, { values: Float64Array.of(1, 1) }],
  });
  expect(run("sort(x)", given).value).toMatchObject({ type: "vector", samples: [{ value: 1 }, { value: 2 }] });
});

test("results of each type", () => {
  const given = [series({ __name__: "x" }, [1, 2, 3])];
  expect(run("1 + 1", []).value).toEqual({ type: "scalar", value: 2, timeMs: 0 });
  expect(run('"text"', []).value).toEqual({ type: "string", value: "text", timeMs: 0 });
  expect(run("x[2m]", given, { startMs: 2 * MINUTE, endMs: 2 * MINUTE }).value).toMatchObject({
    series: [{ times: Float64Array.of(MINUTE, 2 * MINUTE), values: Float64Array.of(2, 3) }],
  });
  expect(() => run("x[2m]", given, { endMs: MINUTE, stepMs: MINUTE })).toThrow(
    'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  );
  expect(run("x", given, { endMs: -MINUTE, stepMs: MINUTE }).value).toEqual({ type: "matrix", series: [] });
});

test("staleness markers end a series, whatever number stands there", () => {
  const given = [{ ...series({ __name__: "x" }, [1, 2, 3]), stale: Uint8Array.of(0, 1, 0) }];
  const { value } = run("x", given, { endMs: 2 * MINUTE, stepMs: MINUTE });
  expect(value).toMatchObject({ series: [{ times: Float64Array.of(0, 2 * MINUTE), values: Float64Array.of(1, 3) }] });
  const counted = run("count_over_time(x[3m])", given, { startMs: 2 * MINUTE, endMs: 2 * MINUTE });
  expect(counted.value).toMatchObject({ samples: [{ value: 2 }] });
});

describe("metric names", () => {
  const given = [series({ __name__: "a_total", k: "1" }, [1, 2]), series({ __name__: "b_total", k: "1" }, [1, 3])];
  const query = 'label_replace(rate({__name__=~".+"}[2m]), "__name__", "rate_of_$1", "__name__", "(.+)")';
  const at = { startMs: MINUTE, endMs: MINUTE };

  test("go away in the operation that changes their meaning", () => {
    expect(() => run(query, given, at)).toThrow("vector cannot contain metrics with the same labelset");
  });

  test("or at the end of the query where that is asked for", () => {
    const { value } = run(query, given, { ...at, delayedNames: true });
    expect(value).toMatchObject({
      samples: [
        { labels: { pairs: ["__name__", "rate_of_a_total", "k", "1"] } },
        { labels: { pairs: ["__name__", "rate_of_b_total", "k", "1"] } },
      ],
    });
  });
});

describe("limits", () => {
  const many = Array.from({ length: 100 }, (_, i) => series({ __name__: "x", k: String(i) }, [i]));

  test("on values tell how far it got and what would fit", () => {
    const options = { endMs: 99 * MINUTE, stepMs: MINUTE, maxValues: 5000 };
    expect(() => run("x", many, options)).toThrow(/needs at least 10000 values in memory, expected at most 5000/);
    expect(() => run("sum_over_time(vector(1)[1y:1ms])", [], { maxValues: 5000 })).toThrow(/expected at most 5000/);
  });

  test("on time are the caller's, asked between parts", () => {
    const checkpoint = () => {
      throw new Error("time is up");
    };
    expect(() => run("sum(x)", many, { checkpoint })).toThrow("time is up");
  });
});

test("a selector that nobody read is a fault of the caller, not an empty answer", () => {
  const query = "x";
  const options: QueryOptions = { query, startMs: 0, endMs: 0, stepMs: undefined };
  expect(() => runQuery(parseExpression(query), options, new Map())).toThrow(TypeError);
});

test("native histograms are refused where a query would read one", () => {
  const given = [{ ...series({ __name__: "x" }, []), histogramTimes: Float64Array.of(0) }];
  expect(() => run("x", given)).toThrow(/x has native histograms, which are not supported yet/);
  expect(run("x", given, { startMs: 6 * MINUTE, endMs: 6 * MINUTE }).value).toMatchObject({ samples: [] });
});
