import { expect, test } from "vitest";
import { observationFlags, observationsAsked, readFlags } from "./arguments.ts";
import { columnsOf } from "./columns.ts";
import type { RowSource } from "./rows/row-source.ts";

const source = (...columns: string[]): RowSource => ({
  ...{ format: "CSV", columns, size: 1 },
  read: async function* () {},
});
const columns = (line: string, ...files: RowSource[]) => {
  const { values, positionals } = readFlags("import", ["f", "--model", "m", ...line.split(" ")], observationFlags);
  const named = files.map((each, i) => ({ name: `file ${i + 1}`, source: each }));
  return columnsOf("import", observationsAsked("import", positionals, values), named);
};

test("what is nothing else is an input", () => {
  const found = columns(
    "--time t --score p --label y --id i --replica pod --segment r --prediction a --kind lat=latency",
    source("i", "t", "x", "lat", "p", "a", "y", "pod", "r", ""),
  );
  expect(found.wanted).toEqual(["t", "p", "y", "i", "pod", "r", "a", "x", "lat"]);
  expect(found.features.map(({ feature, kind, column, named }) => [feature, kind, column, named])).toEqual([
    ["x", "input", "c7", false],
    ["lat", "latency", "c8", true],
    ["a", "prediction", "c6", true],
  ]);
  expect(found).toMatchObject({ label: "c2", id: "c3", replica: "c4", segments: [{ name: "r", column: "c5" }] });
});

test.each([
  ["--time tme", /file 1: no column "tme", did you mean "time"\? \(it has time, x\)/],
  ["--time time --feature x --feature zzzzzz", /no column "zzzzzz" \(/],
  ["--time time --feature x --kind y=latency", /--kind y/],
])("refuses %s", (line, message) => {
  expect(() => columns(line, source("time", "x"))).toThrow(message);
});

test("every file has all of them", () => {
  expect(() => columns("--time t", source("t", "x"), source("t"))).toThrow(/file 2: no column "x"/);
});
