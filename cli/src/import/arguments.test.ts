import { expect, test } from "vitest";
import { observationFlags, observationsAsked, readFlags } from "./arguments.ts";

const asked = (...argv: string[]) => {
  const { values, positionals } = readFlags("import", argv, observationFlags);
  return observationsAsked("import", positionals, values);
};

test("a full command line", () => {
  const line =
    "a.csv b.csv --model m --time t --score p --label y --kind lat=latency --kind a=b=input --window 6h --segment r --segment z";
  expect(asked(...line.split(" "))).toMatchObject({
    files: ["a.csv", "b.csv"],
    kinds: new Map([
      ["lat", "latency"],
      ["a=b", "input"],
    ]),
    window: { by: "time", ms: 21_600_000 },
    segments: ["r", "z"],
    features: undefined,
    bins: 20,
  });
});

test.each([
  ["", /name at least one FILE/],
  ["a --time t", /--model is missing/],
  ["a --model m", /--time is missing/],
  ["a --model m --time t --widow 1d", /Unknown option '--widow'/],
  ["a --model m --time t --window 1x", /--window: found "1x", expected a length/],
  ["a --model m --time t --rows 0", /--rows: found "0"/],
  ["a --model m --time t --rows 5 --window 1d", /expected one of them/],
  ["a --model m --time t --kind x=speed", /--kind: found "x=speed"/],
  ["a --model m --time t --bins 1", /--bins: found 1/],
])("refuses %s", (line, message) => {
  expect(() => asked(...line.split(" ").filter((part) => part !== ""))).toThrow(message);
});
