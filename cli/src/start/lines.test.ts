import { expect, test } from "vitest";
import { lineSplitter } from "./lines.ts";

const table: { name: string; chunks: string[]; lines: string[] }[] = [
  { name: "lines over several chunks", chunks: ["a", "b\nc", "\n"], lines: ["ab", "c"] },
  { name: "several lines in a chunk, the last one open", chunks: ["a\nb\nc"], lines: ["a", "b", "c"] },
  { name: "carriage returns", chunks: ["a\r\nb\r", "\n"], lines: ["a", "b"] },
  { name: "nothing", chunks: [], lines: [] },
];

test.each(table)("$name", ({ chunks, lines }) => {
  const seen: string[] = [];
  const splitter = lineSplitter((line) => seen.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  expect(seen).toEqual(lines);
});

test("an endless line is cut once and not kept", () => {
  const seen: string[] = [];
  const splitter = lineSplitter((line) => seen.push(line));
  for (let index = 0; index < 20; index++) splitter.push("x".repeat(40_000));
  splitter.push("\nnext\n");
  expect(seen).toHaveLength(2);
  expect(seen[0]).toHaveLength(64 * 1024 + " [cut]".length);
  expect(seen[1]).toBe("next");
});
