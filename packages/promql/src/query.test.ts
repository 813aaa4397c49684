import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseQuery } from "./query.ts";
import { lineAndColumn, QueryError } from "./query-error.ts";

const up = { matchers: [{ name: "__name__", op: "=", value: "up" }] };

test("a selector, also in brackets, and one with a range", () => {
  expect(parseQuery("up")).toEqual({ kind: "vector", selector: up });
  expect(parseQuery("((up))")).toEqual({ kind: "vector", selector: up });
  expect(parseQuery("up[1h30m]")).toEqual({ kind: "matrix", selector: up, rangeMs: 5_400_000 });
  expect(parseQuery("up [ 90 ]")).toEqual({ kind: "matrix", selector: up, rangeMs: 90_000 });
});

describe("PromQL that is not evaluated", () => {
  test.each<[string, RegExp]>([
    ["1", /a number/],
    ["0x1F + 1_000 - .5e-3", /operator -/],
    ["Inf", /a number/],
    ['"text"', /a string/],
    ["-up", /sign -/],
    ["up == bool 1", /operator ==/],
    ["rate(up[5m])", /rate\(\)/],
    ["time()", /time\(\)/],
    ['label_replace(up, "a", "$1", "b", "(.*)")', /label_replace/],
    ["sum(up)", /sum\(\)/],
    ["sum by (job, instance,) (up)", /sum\(\)/],
    ['sum(up) without ("utf8.label")', /sum\(\)/],
    ["topk(3, up)", /topk/],
    ["a / on(x) group_left(y) b", /operator \//],
    ["a and ignoring(x) b or c unless d", /operator unless/],
    ["up offset 5m", /offset/],
    ["up offset -1h", /offset/],
    ["up[5m] offset 1d", /offset/],
    ["up @ 1609746000.5", /@/],
    ["up @ end() offset 5m", /offset/],
    ["max_over_time(rate(up[5m])[30m:1m])", /max_over_time/],
    ["up[30m:]", /subquery/],
  ])("%j", (query, message) => {
    expect(() => parseQuery(query)).toThrow(QueryError);
    expect(failure(() => parseQuery(query))).toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(message),
    });
  });
});

describe("no PromQL at all", () => {
  test.each<[string, number]>([
    ["", 0],
    ["up down", 3],
    ["sum(up", 6],
    ["sum(up))", 7],
    ["up +", 4],
    ["+ ", 2],
    ["up[5m", 5],
    ["up[]", 3],
    ["up[0s]", 3],
    ["(up + up)[5m]", 9],
    ["up[5m][5m]", 6],
    ["up offset", 9],
    ["up @ x", 5],
    ["5m5", 0],
    ["up & up", 3],
    ["sum by job (up)", 7],
    ["{}", 0],
  ])("%j at %i", (query, position) => {
    expect(failure(() => parseQuery(query))).toMatchObject({ code: "syntax", position });
  });

  test("brackets nested deeper than the stack", () => {
    expect(failure(() => parseQuery("(".repeat(60_000)))).toMatchObject({ code: "syntax" });
  });
});

test("throws nothing but QueryError", () => {
  const piece = fc.constantFrom(
    "up",
    "sum",
    "(",
    ")",
    "by",
    "[",
    "]",
    "5m",
    ":",
    "{",
    "}",
    "+",
    "offset",
    "@",
    " ",
    "1",
    ",",
    "on",
    "bool",
    '"s"',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const error = failure(() => parseQuery(pieces.join("")));
      expect(error === undefined || error instanceof QueryError).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("places are told by line and column", () => {
  expect(lineAndColumn("up", 1)).toBe("1:2");
  expect(lineAndColumn("a\nbc d", 5)).toBe("2:4");
});

function failure(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
