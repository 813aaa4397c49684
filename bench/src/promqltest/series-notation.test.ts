import { describe, expect, test } from "vitest";
import { parseSequence, parseSeries } from "./series-notation.ts";

/** Values as they are, `_` for a gap, `s` for stale, `h` for a histogram. */
function shown(text: string): string {
  const letters = { omitted: "_", stale: "s", histogram: "h" };
  return parseSequence(text)
    .map((value) => (value.kind === "value" ? String(value.value) : letters[value.kind]))
    .join(" ");
}

test.each<[string, string]>([
  ["1 2.5 -3 1e3 .5 2.", "1 2.5 -3 1000 0.5 2"],
  ["1+2x3", "1 3 5 7"],
  ["10-2.5x2", "10 7.5 5"],
  ["-1-1x1", "-1 -2"],
  ["4x2", "4 4 4"],
  ["_ 1 _x3 2", "_ 1 _ _ _ 2"],
  ["stale 1 stalex1", "s 1 s s"],
  ["NaN Inf -Inf +inf", "NaN Infinity -Infinity Infinity"],
  ["{{schema:1 sum:2}} {{}}x1 {{count:1}}+{{count:2}}x2", "h h h h h h"],
  ["", ""],
])("%j", (text, expected) => {
  expect(shown(text)).toBe(expected);
});

describe("labels", () => {
  test.each<[string, string[]]>([
    ["up 1", ["__name__", "up"]],
    ["{} 1", []],
    ['up { b = "2", a="1", } 1', ["__name__", "up", "a", "1", "b", "2"]],
    [`{"gpu.power", "gpu.id"='0'} 1`, ["__name__", "gpu.power", "gpu.id", "0"]],
    ['up{a="}, \\" "} 1', ["__name__", "up", "a", '}, " ']],
  ])("%s", (line, pairs) => {
    const { labels, values } = parseSeries(line);
    expect(labels.pairs).toEqual(pairs);
    expect(values).toEqual([{ kind: "value", value: 1 }]);
  });
});

test.each(["1 x", "1+x2", "abc", "1x"])("%j is no sequence", (text) => {
  expect(() => parseSequence(text)).toThrow(SyntaxError);
});
