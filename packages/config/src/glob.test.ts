import fc from "fast-check";
import { expect, test } from "vitest";
import { globPattern } from "./glob.ts";

test.each([
  ["*.json", "a.json", true],
  ["*.json", ".json", true],
  ["*.json", "a.json.bak", false],
  ["a*b*.yml", "axxbyy.yml", true],
  ["a?.yml", "ab.yml", true],
  ["a?.yml", "a.yml", false],
  ["[a-c].yml", "b.yml", true],
  ["[^a-c].yml", "b.yml", false],
  ["[!a].yml", "!.yml", true],
  ["a+(b).yml", "a+(b).yml", true],
  ["\\*.yml", "*.yml", true],
  ["\\*.yml", "a.yml", false],
  ["[z-a].yml", "b.yml", false],
  ["[a.yml", "[a.yml", true],
])("%s on %s", (glob, name, matches) => {
  expect(globPattern(glob).test(name)).toBe(matches);
});

test("any text is a pattern", () => {
  const text = fc.string({
    unit: fc.constantFrom("*", "?", "[", "]", "^", "-", "\\", "a", ".", "/", "&"),
    maxLength: 12,
  });
  fc.assert(fc.property(text, (glob) => void globPattern(glob).test("a.b")));
});
