import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTargetFile } from "./target-file.ts";

const groups = (text: string, file: string) => {
  const result = parseTargetFile(text, file, "legacy");
  return result.ok
    ? result.groups.map(({ targets, labels, source }) => [targets, Object.fromEntries(labels), source])
    : result.message;
};

test("JSON and YAML say the same", () => {
  const json = '[{"targets": ["a:1", "b:1"], "labels": {"rack": "7"}}, {"targets": ["c:1"]}]';
  const yaml = "- targets: ['a:1', b:1]\n  labels: {rack: 7}\n- targets:\n  - c:1\n";
  for (const [text, file] of [
    [json, "t.json"],
    [yaml, "t.yml"],
    [json, "t.yaml"],
  ] as const) {
    expect(groups(text, file)).toEqual([
      [["a:1", "b:1"], { rack: "7", __meta_filepath: file }, `${file}:0`],
      [["c:1"], { __meta_filepath: file }, `${file}:1`],
    ]);
  }
});

test.each([
  ["t.json", "{}", "t.json: found a value of type object, expected a list of {targets, labels}"],
  ["t.json", "[null]", "t.json: [0]: found null, expected {targets, labels}"],
  ["t.json", '[{"target": []}]', 't.json: [0]: unknown key "target"; expected targets and labels'],
  ["t.json", '[{"targets": [1]}]', "t.json: [0].targets: expected a list of texts"],
  ["t.json", '[{"labels": {"a": 1}}]', "t.json: [0].labels.a: found a value of type number, expected a text"],
  ["t.json", '[{"labels": {"a-b": "1"}}]', 't.json: [0].labels: invalid label name "a-b"'],
  ["t.yml", "targets: [a]", "t.yml:1:1: wrong content; found a mapping, expected a list"],
  ["t.yml", "- targets: a", 't.yml:1:12 [0].targets: wrong value of targets; found "a", expected a list'],
  ["t.yml", "- {a: 1}\n- {b: 1}", 't.yml:1:4 [0].a: unknown key "a" (and 1 more)'],
])("%s %s", (file, text, message) => {
  expect(groups(text, file)).toBe(message);
});

test("an empty file of either kind", () => {
  expect(groups("", "t.yml")).toEqual([]);
  expect(groups("", "t.json")).toMatch(/^t.json: not valid JSON: /);
});

test("never throws", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => void parseTargetFile(JSON.stringify(value), "t.json", "legacy")));
  fc.assert(fc.property(fc.string(), (text) => void parseTargetFile(text, "t.yml", "legacy")));
});
