import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeExpression } from "./describe.ts";
import { parseExpression } from "./parse.ts";
import { ParseError } from "./parse-error.ts";
import { formatExpression, printExpression } from "./print.ts";

function thrownBy(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("what is read, printed again", () => {
  test.each<[string, string]>([
    ["up", "up"],
    ["{ job = 'dcgm' , }", '{job="dcgm"}'],
    ['up{a!="b",c=~"d.*",e!~`f`}', 'up{a!="b",c=~"d.*",e!~"f"}'],
    ['{"gpu.power","gpu.id"="0"}', '{__name__="gpu.power","gpu.id"="0"}'],
    ["rate(up[ 90s ])", "rate(up[1m30s])"],
    ["rate(up[300])", "rate(up[5m])"],
    ["rate(up[1.5])", "rate(up[1s500ms])"],
    ["up offset 1d @ end()", "up @ end() offset 1d"],
    ["up @ 1609746000.5 offset -5m", "up @ 1609746000.500 offset -5m"],
    [
      "max_over_time(up[30m:]) + max_over_time(up[1h:90s] offset 5)",
      "max_over_time(up[30m:]) + max_over_time(up[1h:1m30s] offset 5s)",
    ],
    ["SUM BY (a, b,) (up)", "sum by (a, b) (up)"],
    ["topk(3, up) without (a)", "topk without (a) (3, up)"],
    ["a / ON (x) GROUP_LEFT b", "a / on (x) group_left () b"],
    ["a > bool ignoring (x) b", "a > bool ignoring (x) b"],
    ["0x1F + 1_000 + .5 + 2. + 1e3 + Inf", "31 + 1000 + 0.5 + 2 + 1000 + Inf"],
    ["1h30m", "1h30m"],
    ["2.e3", "2000"],
    ["-1 ^ 2", "-1 ^ 2"],
    ["1e6", "1e+06"],
    ['"a\\u00e9\\x0a\\101"', '"aé\\nA"'],
    ["sum", "sum"],
    ["start + end", "start + end"],
    ["sum(sum)", "sum(sum)"],
    ["up # a comment\n+ 1", "up + 1"],
  ])("%s", (query, printed) => {
    expect(printExpression(parseExpression(query))).toBe(printed);
  });
});

describe("precedence, shown by brackets", () => {
  const bracketed = (query: string): string => {
    const visit = (node: ReturnType<typeof parseExpression>): string => {
      if (node.kind === "binary") return `(${visit(node.left)} ${node.op} ${visit(node.right)})`;
      return node.kind === "unary" ? `${node.op}[${visit(node.inner)}]` : printExpression(node);
    };
    return visit(parseExpression(query));
  };
  test.each<[string, string]>([
    ["a + b * c ^ d ^ e", "(a + (b * (c ^ (d ^ e))))"],
    ["a - b - c", "((a - b) - c)"],
    ["a or b and c unless d == e", "(a or ((b and c) unless (d == e)))"],
    ["-a ^ b * c", "(-[(a ^ b)] * c)"],
    ["-a offset 5m", "-[a offset 5m]"],
    ["a + b offset 5m * c @ 5", "(a + (b offset 5m * c @ 5.000))"],
    ["a atan2 b % c", "((a atan2 b) % c)"],
    ["2 ^ -a * 3", "((2 ^ -[a]) * 3)"],
    ["a -1", "(a - 1)"],
    ["a == b > c", "((a == b) > c)"],
  ])("%s", (query, expected) => {
    expect(bracketed(query)).toBe(expected);
  });
});

describe("what is refused", () => {
  test.each<[string, string, string | RegExp]>([
    ["", "syntax", "1:1: parse error: no expression found in input"],
    ["up[", "syntax", /^1:4: parse error: unexpected end of input in range, expected duration/],
    ["sum(up", "syntax", /^1:7: parse error: unexpected end of input in call arguments/],
    ["up\n+ ]", "syntax", /^2:3: parse error: unexpected "]"/],
    ["up{a=}", "syntax", /^1:6/],
    ['up{a="b', "syntax", /unterminated quoted string/],
    ['up{a=~"("}', "syntax", /^1:4/],
    ['"\\q"', "syntax", /unknown escape sequence/],
    ["nosuch(up)", "type", '1:1: parse error: unknown function with name "nosuch"'],
    ["rate(up)", "type", '1:6: parse error: expected type range vector in call to function "rate", got instant vector'],
    ["rate(up[5m], 1)", "type", /expected 1 argument\(s\) in call to "rate", got 2/],
    ["label_join(up)", "type", /expected at least 3 argument\(s\)/],
    ["round(up, 1, 2)", "type", /expected at most 2 argument\(s\)/],
    ["sum(1)", "type", /expected type instant vector in aggregation expression, got scalar/],
    ["topk(up)", "type", /wrong number of arguments for aggregate expression provided, expected 2, got 1/],
    ["1 > 2", "type", "1:3: parse error: comparisons between scalars must use BOOL modifier"],
    ["a + bool b", "type", /bool modifier can only be used on comparison operators/],
    ["a and 1", "type", /set operator "and" not allowed in binary scalar expression/],
    ["a and on (x) group_left b", "type", /no grouping allowed for "and" operation/],
    ["a + on (x) 1", "type", /vector matching only allowed between instant vectors/],
    ["a * on (x) group_left (x) b", "type", /label "x" must not occur in ON and GROUP clause at once/],
    ['{a=~".*"}', "type", /at least one non-empty matcher/],
    ['up{__name__="x"}', "type", /metric name must not be set twice: "up" or "x"/],
    ["up[5m][5m]", "type", /ranges only allowed for vector selectors/],
    ["up[0s]", "type", /duration must be greater than 0/],
    ["up[-5m]", "type", /duration must be greater than 0/],
    ["up offset 1m offset 2m", "type", /offset may not be set multiple times/],
    ["up @ 1 @ 2", "type", /may not be set multiple times/],
    ["up @ Inf", "type", /timestamp out of bounds for @ modifier: \+Inf/],
    ["(a + b) offset 5m", "type", /offset modifier must be preceded by/],
    ["up[5m] + 1", "type", /binary expression must contain only scalar and instant vector types/],
    ["-up[5m]", "type", /unary expression only allowed/],
    ["rate(up[5m])[5m:]offset 1m[5m]", "type", /ranges only allowed/],
    ["limitk(1, up)", "experimental", /limitk\(\) is experimental/],
    ["mad_over_time(up[5m])", "experimental", /function "mad_over_time" is not enabled/],
    ["up[5m + 1m]", "experimental", /experimental duration expression is not enabled/],
    ["rate(up[5m] smoothed)", "experimental", /smoothed modifier is experimental/],
    ["max_of(1, 2)", "experimental", /function "max_of" is not enabled/],
  ])("%j", (query, code, message) => {
    const error = thrownBy(() => parseExpression(query));
    expect(error).toBeInstanceOf(ParseError);
    expect(error).toMatchObject({
      code,
      message: typeof message === "string" ? message : expect.stringMatching(message),
    });
  });

  test("brackets nested deeper than the stack, and long chains of operators", () => {
    expect(thrownBy(() => parseExpression("(".repeat(20_000)))).toBeInstanceOf(ParseError);
    expect(thrownBy(() => parseExpression(`1${"+1".repeat(20_000)}`))).toBeInstanceOf(ParseError);
    expect(thrownBy(() => parseExpression("x".repeat(100_000)))).toBeInstanceOf(ParseError);
    expect(printExpression(parseExpression(`1${"+1".repeat(500)}`))).toMatch(/^1 \+ 1/);
  });

  test("experimental functions are taken where asked for", () => {
    const options = { experimental: true };
    expect(printExpression(parseExpression("limitk(1, up)", options))).toBe("limitk(1, up)");
    expect(thrownBy(() => parseExpression("info(up)", options))).toMatchObject({ code: "experimental" });
  });
});

test("a long query is broken into lines", () => {
  const query =
    'sum by (node, job) (rate(http_requests_total{job="a",code!~"5.."}[5m])) / on (node) group_left () max by (node) (limit_requests)';
  expect(formatExpression(parseExpression(query))).toBe(
    [
      '  sum by (node, job) (rate(http_requests_total{code!~"5..",job="a"}[5m]))'.replace(
        'code!~"5..",job="a"',
        'job="a",code!~"5.."',
      ),
      "/ on (node) group_left ()",
      "  max by (node) (limit_requests)",
    ].join("\n"),
  );
});

test("parse_query's JSON", () => {
  expect(
    describeExpression(
      parseExpression('-sum(up{a="b"} offset 1m) > on (x) y[5m:1m] @ start()'.replace("y[5m:1m] @ start()", "y")),
    ),
  ).toEqual({
    type: "binaryExpr",
    op: ">",
    bool: false,
    matching: { card: "one-to-one", labels: ["x"], on: true, include: [] },
    lhs: {
      type: "unaryExpr",
      op: "-",
      expr: {
        type: "aggregation",
        op: "sum",
        param: null,
        grouping: [],
        without: false,
        expr: {
          type: "vectorSelector",
          name: "up",
          offset: 60_000,
          matchers: [
            { name: "a", value: "b", type: "=" },
            { name: "__name__", value: "up", type: "=" },
          ],
          timestamp: null,
          startOrEnd: null,
        },
      },
    },
    rhs: {
      type: "vectorSelector",
      name: "y",
      offset: 0,
      matchers: [{ name: "__name__", value: "y", type: "=" }],
      timestamp: null,
      startOrEnd: null,
    },
  });
});

describe("properties", () => {
  const pieces = [
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
    "-",
    "^",
    "offset",
    "@",
    "start",
    ",",
    "on",
  ];
  const more = [" ", "1", '"s"', "bool", "a=", "rate", "and", "group_left", "#", "\n", "=~", "2.", "topk", "Inf", "\\"];
  const soup = fc.array(fc.constantFrom(...pieces, ...more), { maxLength: 25 }).map((found) => found.join(" "));

  test("throws nothing but ParseError, with a place inside the text", () => {
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: "binary" })), (query) => {
        const error = thrownBy(() => parseExpression(query));
        if (error === undefined) return;
        expect(error).toBeInstanceOf(ParseError);
        expect((error as ParseError).span.start).toBeLessThanOrEqual(query.length);
      }),
      { numRuns: 1000 },
    );
  });

  test("what is printed or formatted reads back the same", () => {
    fc.assert(
      fc.property(soup, (query) => {
        if (thrownBy(() => parseExpression(query)) !== undefined) return;
        const printed = printExpression(parseExpression(query));
        expect(printExpression(parseExpression(printed))).toBe(printed);
        expect(printExpression(parseExpression(formatExpression(parseExpression(query))))).toBe(printed);
      }),
      { numRuns: 3000 },
    );
  });
});
