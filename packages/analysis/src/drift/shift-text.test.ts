import { describe, expect, test } from "vitest";
import { matchCells } from "./match-cells.ts";
import { shiftOf, shiftText } from "./shift-text.ts";

const bounds = [0, 10, 20, 30, 40];
function numbers(baseline: readonly number[], current: readonly number[]) {
  const of = (counts: readonly number[]) => ({ form: "explicit" as const, bounds, counts });
  return matchCells(of(baseline), of(current))!;
}
function names(baseline: Readonly<Record<string, number>>, current: Readonly<Record<string, number>>) {
  const of = (counts: Readonly<Record<string, number>>) => new Map(Object.entries(counts));
  return matchCells({ form: "categories", counts: of(baseline) }, { form: "categories", counts: of(current) })!;
}

describe("what a change is called", () => {
  test.each([
    // Medians: the middle of a cell that holds all, spread evenly.
    ["moved up: median 15 to 25", numbers([0, 8, 0, 0], [0, 0, 8, 0])],
    ["moved down: median 25 to 5", numbers([0, 0, 8, 0], [8, 0, 0, 0])],
    // Quartiles 15 and 25 before; 10 and 30 now.
    ["spread: its middle half is 2.0x as wide", numbers([0, 8, 8, 0], [4, 4, 4, 4])],
    ["narrowed: its middle half is 0.50x as wide", numbers([4, 4, 4, 4], [0, 8, 8, 0])],
    ["changed in its tails or its shape", numbers([2, 8, 8, 2], [2, 8, 8, 2])],
    ["changed: card from 3.0 % to 11 %", names({ cash: 97, card: 3 }, { cash: 89, card: 11 })],
    ["changed in many small shares", names({ a: 500, b: 500 }, { a: 504, b: 496 })],
  ])("%s", (text, match) => expect(shiftOf(match)).toBe(text));
});

test("the sentence", () => {
  const judged = { method: "psi", distance: 0.4213, threshold: 0.1, expected: 0.00041, nCurrent: 48_112 } as const;
  expect(shiftText("prompt_tokens", numbers([0, 8, 0, 0], [0, 0, 8, 0]), judged)).toBe(
    "prompt_tokens moved up: median 15 to 25 (PSI 0.42, threshold 0.1, expected noise 4.1e-4, n = 48,112)",
  );
});
