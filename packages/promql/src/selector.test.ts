import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Matcher, MatchOperator } from "./matcher.ts";
import { matches, patternFault } from "./matcher.ts";
import { QueryError } from "./query-error.ts";
import { parseSelector, printSelector } from "./selector.ts";

const name = (value: string): Matcher => ({ name: "__name__", op: "=", value });
const on = (label: string, op: MatchOperator, value: string): Matcher => ({ name: label, op, value });

describe("reads", () => {
  test.each<[string, Matcher[]]>([
    ["up", [name("up")]],
    ["  job:up:sum5m\t", [name("job:up:sum5m")]],
    [":x", [name(":x")]],
    ["up{}", [name("up")]],
    ['up{job="a"}', [name("up"), on("job", "=", "a")]],
    [
      'up { job = "a" , x!="b", y=~"c.*",z!~"d" , }',
      [name("up"), on("job", "=", "a"), on("x", "!=", "b"), on("y", "=~", "c.*"), on("z", "!~", "d")],
    ],
    ['{"utf8.name", a="b"}', [name("utf8.name"), on("a", "=", "b")]],
    ['{a="b","utf8.name"}', [on("a", "=", "b"), name("utf8.name")]],
    ['{"utf8.label"="b"}', [on("utf8.label", "=", "b")]],
    ['{__name__="up"}', [name("up")]],
    ['{__name__=~"up|down",__name__!="down"}', [on("__name__", "=~", "up|down"), on("__name__", "!=", "down")]],
    ['{a!=""}', [on("a", "!=", "")]],
    ['up{a=""}', [name("up"), on("a", "=", "")]],
    ["up # all of them\n", [name("up")]],
    ['up{ # first\n a="b" # second\n}', [name("up"), on("a", "=", "b")]],
    ['sum{by="x"}', [name("sum"), on("by", "=", "x")]],
    ["offset", [name("offset")]],
    ['{on="x"}', [on("on", "=", "x")]],
    [String.raw`{a='it\'s'}`, [on("a", "=", "it's")]],
    ['{a="it\'s"}', [on("a", "=", "it's")]],
    ['{a=`\\d "x"`}', [on("a", "=", '\\d "x"')]],
    [String.raw`{a="\a\b\f\n\r\t\v\\\"\x41\101\u00e9\U0001F600"}`, [on("a", "=", '\x07\b\f\n\r\t\v\\"AAé😀')]],
    [String.raw`{a="\xc3\xa9"}`, [on("a", "=", "é")]],
    ['{a="é😀"}', [on("a", "=", "é😀")]],
  ])("%j", (text, matchers) => {
    expect(parseSelector(text).matchers).toEqual(matchers);
  });
});

describe("refuses", () => {
  test.each<[string, number, RegExp]>([
    ["", 0, /end of the query.*metric name/],
    ["{}", 0, /at least one matcher/],
    ['{a=""}', 0, /at least one matcher/],
    ['{a=~".*"}', 0, /at least one matcher/],
    ['{a!~".+"}', 0, /at least one matcher/],
    ['{a!="x"}', 0, /at least one matcher/],
    ["{,}", 1, /","/],
    ["up{", 3, /end of the query.*label name/],
    ['up{a="b"', 8, /end of the query.*comma or }/],
    ['up{a="b" c="d"}', 9, /"c".*comma or }/],
    ["up{a}", 4, /"}".*= != =~ or !~/],
    ["up{a==1}", 4, /"==".*= != =~ or !~/],
    ["up{a=b}", 5, /"b".*quoted/],
    ['up{a:b="c"}', 3, /"a:b".*label name/],
    ['up{""="c"}', 3, /label name/],
    ['up{a="b}', 5, /closing "/],
    ['up{a="b\n"}', 5, /closing "/],
    [String.raw`up{a="\q"}`, 6, /escape/],
    [String.raw`up{a="\'"}`, 6, /escape/],
    [String.raw`up{a="\xff"}`, 5, /UTF-8/],
    [String.raw`up{a="\ud800"}`, 6, /no Unicode/],
    ['up{a=~"("}', 6, /regular expression/],
    ['up{a=~"(?=x)"}', 6, /regular expression/],
    ['up{__name__="x"}', 3, /second metric name/],
    ['up{__name__=~"x"}', 3, /second metric name/],
    ['{"a","b"}', 5, /second metric name/],
    ['up{"b"}', 3, /second metric name/],
    ["nan", 0, /metric name/],
    ["up down", 3, /"down".*end of the selector/],
    ["up[5m]", 2, /"\[".*end of the selector/],
    ["up$", 2, /"\$"/],
  ])("%j at %i", (text, position, message) => {
    const error = thrownBy(() => parseSelector(text));
    expect(error).toBeInstanceOf(QueryError);
    expect(error).toMatchObject({ code: "syntax", position, message: expect.stringMatching(message) });
  });

  test("a query of a megabyte, and a hundred and one matchers", () => {
    expect(thrownBy(() => parseSelector("x".repeat(1_000_000)))).toBeInstanceOf(QueryError);
    expect(thrownBy(() => parseSelector(`{${'a="b",'.repeat(101)}}`))).toMatchObject({ message: /more than 100/ });
  });
});

describe("properties", () => {
  const label = fc.oneof(
    fc.constantFrom("job", "__name__", "a_1", "on"),
    fc.string({ minLength: 1, unit: "grapheme" }),
  );
  const matcher = fc
    .record({
      name: label,
      op: fc.constantFrom<MatchOperator[]>("=", "!=", "=~", "!~"),
      value: fc.string({ unit: "grapheme" }),
    })
    .filter((made) => patternFault(made) === undefined);

  test("what is printed reads back", () => {
    fc.assert(
      fc.property(fc.array(matcher, { minLength: 1, maxLength: 5 }), (matchers) => {
        fc.pre(matchers.some((made) => !matches(made, undefined)));
        expect(parseSelector(printSelector({ matchers })).matchers).toEqual(matchers);
      }),
      { numRuns: 500 },
    );
  });

  test("throws nothing but QueryError, with a position inside the text", () => {
    const piece = fc.constantFrom(
      "up",
      "{",
      "}",
      "=",
      "=~",
      "!~",
      '"a"',
      "'",
      "`",
      "\\",
      ",",
      "(",
      "#",
      "\n",
      "5m",
      "[",
      "]",
      "😀",
      "by",
      "nan",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(text, (made) => {
        const error = thrownBy(() => parseSelector(made));
        if (error === undefined) return;
        expect(error).toBeInstanceOf(QueryError);
        expect((error as QueryError).position).toBeLessThanOrEqual(made.length);
      }),
      { numRuns: 2000 },
    );
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
