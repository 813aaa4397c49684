import type { ExplicitCells } from "@lockstep/schemas/domain/observed";
import { expect, test } from "vitest";
import { decisionOf } from "./decision.ts";

const score: ExplicitCells = { form: "explicit", bounds: [0, 0.25, 0.5, 0.75, 1], counts: [10, 20, 0, 40] };

test.each([
  ["whole cells", 60, 0.25],
  ["an empty cell below them", 40, 0.75],
  ["half a cell", 50, 0.375],
  ["part of the uppermost", 10, 0.9375],
  ["none", 0, undefined],
  ["all", 70, undefined],
  ["more than there are", 71, undefined],
])("predictions of %s: %s", (_, predicted, decision) => {
  expect(decisionOf(score, predicted)).toBe(decision);
});

test("within an open cell nobody knows", () => {
  const open = { ...score, bounds: [0, 0.25, 0.5, 0.75, Infinity] };
  expect(decisionOf(open, 10)).toBeUndefined();
  expect(decisionOf(open, 40)).toBe(0.75);
});
