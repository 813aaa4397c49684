import type { ImportProfileRow } from "@lockstep/schemas/queries/import-profile";
import { expect, test } from "vitest";
import type { Feature } from "./columns.ts";
import { planFeature } from "./feature-plan.ts";

const ROWS = 1000;
const input: Feature = { kind: "input", feature: "x", column: "c1", named: false };
const numbers: ImportProfileRow = {
  ...{ missing: 10, texts: 0, textFile: 0, textLine: 0, firstText: "" },
  ...{ distinct: 500, integers: 990, least: 0, most: 9, values: [] },
};
const words = { ...numbers, texts: 990, integers: 0, firstText: "EU", textLine: 2, distinct: 4 };
const mixed = { ...numbers, texts: 3, firstText: "12k", textLine: 58 };

test.each([
  { name: "numbers", feature: input, profile: numbers, form: "quantiles" },
  { name: "few numbers", feature: input, profile: { ...numbers, distinct: 2, values: [0, 1] }, form: "numbers" },
  { name: "words", feature: input, profile: words, form: "categories" },
  { name: "an id of numbers", feature: input, profile: { ...numbers, distinct: 989 }, form: "skipped" },
  {
    name: "one that is named",
    feature: { ...input, named: true },
    profile: { ...numbers, distinct: 989 },
    form: "quantiles",
  },
  {
    name: "measurements that all differ",
    feature: input,
    profile: { ...numbers, distinct: 989, integers: 12 },
    form: "quantiles",
  },
  { name: "an id of text", feature: input, profile: { ...words, distinct: 980 }, form: "skipped" },
  {
    name: "nothing",
    feature: input,
    profile: { ...numbers, missing: ROWS, integers: 0, distinct: 0 },
    form: "skipped",
  },
  { name: "numbers with a text among them", feature: input, profile: mixed, form: "refused" },
  { name: "a score", feature: { ...input, kind: "score" as const }, profile: numbers, form: "numbers" },
])("$name: $form", ({ feature, profile, form }) => {
  expect(planFeature(feature, profile, ROWS, undefined, undefined).form).toBe(form);
});

test("what the feature has already decides, else what was given", () => {
  const bounds = [-Infinity, 1, 2, Infinity];
  const own = [-Infinity, 5, 6, Infinity];
  expect(planFeature(input, numbers, ROWS, { bounds }, own)).toMatchObject({ form: "numbers", bounds });
  expect(planFeature(input, numbers, ROWS, undefined, own)).toMatchObject({ form: "numbers", bounds: own });
  expect(planFeature(input, numbers, ROWS, { bounds: [] }, undefined).form).toBe("categories");
  expect(planFeature(input, words, ROWS, { bounds }, undefined)).toMatchObject({
    form: "refused",
    found: "EU",
    line: 2,
  });
});
