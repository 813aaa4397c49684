import { createHash } from "node:crypto";
import { RELABEL_ACTIONS } from "@lockstep/schemas/files/prometheus-yml";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RelabelConfig } from "./config.ts";
import { compileGeneral, compileLabelRegex } from "./label-regex.ts";
import { parseConfig } from "./parse.ts";
import { compileRelabel, relabel } from "./relabel.ts";

/** Through the reader, so that the defaults are the real ones. `rules` is YAML. */
function configs(rules: string, scheme = "legacy"): readonly RelabelConfig[] {
  const head = `global: {metric_name_validation_scheme: ${scheme}}\nscrape_configs: [{job_name: a, relabel_configs: `;
  const result = parseConfig(`${head}${rules}}]`, "test.yml");
  if (!result.ok) {
    throw new Error(JSON.stringify(result.errors));
  }
  return result.config.scrapeConfigs[0]?.relabelConfigs ?? [];
}

function run(labels: Record<string, string>, rules: string, scheme?: string): Record<string, string> | null {
  const result = relabel(new Map(Object.entries(labels)), configs(rules, scheme));
  return result && Object.fromEntries(result);
}

type Case = [what: string, labels: Record<string, string>, rules: string, want: Record<string, string> | null];

const cases: Case[] = [
  ["no rule", { a: "1" }, "[]", { a: "1" }],
  ["replace copies", { a: "1" }, "[{source_labels: [a], target_label: b}]", { a: "1", b: "1" }],
  ["replace sets a fixed text", {}, "[{target_label: b, replacement: x}]", { b: "x" }],
  [
    "replace joins with ;",
    { a: "1", b: "2" },
    "[{source_labels: [a, b], target_label: c}]",
    { a: "1", b: "2", c: "1;2" },
  ],
  [
    "replace joins with separator",
    { a: "1", b: "2" },
    "[{source_labels: [a, b], separator: '', target_label: a}]",
    { a: "12", b: "2" },
  ],
  ["a missing source is empty", { a: "1" }, "[{source_labels: [x, a], target_label: b}]", { a: "1", b: ";1" }],
  [
    "replace by groups",
    { a: "h:80" },
    "[{source_labels: [a], regex: '(.+):(\\d+)', target_label: p, replacement: '${2}-$1'}]",
    { a: "h:80", p: "80-h" },
  ],
  ["the expression is anchored", { a: "xfoo" }, "[{source_labels: [a], regex: foo, target_label: b}]", { a: "xfoo" }],
  [
    "alternatives are anchored together",
    { a: "ab" },
    "[{source_labels: [a], regex: 'a|ab', target_label: b, replacement: y}]",
    { a: "ab", b: "y" },
  ],
  ["no match, no change", { a: "1", b: "2" }, "[{source_labels: [a], regex: x, target_label: b}]", { a: "1", b: "2" }],
  ["an empty result removes", { a: "1", b: "2" }, "[{source_labels: [a], regex: '1()', target_label: b}]", { a: "1" }],
  ["an empty result of an absent label", { a: "1" }, "[{source_labels: [x], target_label: b}]", { a: "1" }],
  [
    "target by group",
    { a: "b-1" },
    "[{source_labels: [a], regex: '(.)-(.)', target_label: 'x_${1}', replacement: $2}]",
    { a: "b-1", x_b: "1" },
  ],
  ["an invalid target is skipped", { a: "b-c" }, "[{source_labels: [a], target_label: $1}]", { a: "b-c" }],
  [
    "named group",
    { a: "v7" },
    "[{source_labels: [a], regex: 'v(?P<n>\\d)', target_label: b, replacement: '<$n>'}]",
    { a: "v7", b: "<7>" },
  ],
  [
    "$1x is the name 1x",
    { a: "v" },
    "[{source_labels: [a], target_label: b, replacement: 'z$1x'}]",
    { a: "v", b: "z" },
  ],
  ["$$ is a dollar", { a: "v" }, "[{source_labels: [a], target_label: b, replacement: '$$1'}]", { a: "v", b: "$1" }],
  [
    "an unfinished reference is text",
    { a: "v" },
    "[{source_labels: [a], target_label: b, replacement: '${1 $ $'}]",
    { a: "v", b: "${1 $ $" },
  ],
  ["$01 is no number", { a: "v" }, "[{source_labels: [a], target_label: b, replacement: 'x$01'}]", { a: "v", b: "x" }],
  [
    "a group that took no part is empty",
    { a: "v" },
    "[{source_labels: [a], regex: '(x)?v', target_label: b, replacement: '[$1]'}]",
    { a: "v", b: "[]" },
  ],
  [
    "the dot matches a line end",
    { a: "1\n2" },
    "[{source_labels: [a], regex: '1.2', target_label: b, replacement: y}]",
    { a: "1\n2", b: "y" },
  ],
  ["keep keeps", { a: "1" }, "[{action: keep, source_labels: [a], regex: '1|2'}]", { a: "1" }],
  ["keep drops", { a: "3" }, "[{action: keep, source_labels: [a], regex: '1|2'}]", null],
  ["drop drops", { a: "1" }, "[{action: drop, source_labels: [a], regex: '1.*'}]", null],
  ["drop keeps", { a: "21" }, "[{action: drop, source_labels: [a], regex: '1.*'}]", { a: "21" }],
  ["drop of an absent label by .*", { a: "1" }, "[{action: drop, source_labels: [x], regex: '.*'}]", null],
  ["drop of an absent label by .+", { a: "1" }, "[{action: drop, source_labels: [x], regex: '.+'}]", { a: "1" }],
  ["an empty expression matches what is absent", { a: "1" }, "[{action: drop, source_labels: [x], regex: ''}]", null],
  ["nothing runs after a drop", { a: "1" }, "[{action: drop}, {target_label: b, replacement: x}]", null],
  ["keepequal", { a: "1", b: "1" }, "[{action: keepequal, source_labels: [a], target_label: b}]", { a: "1", b: "1" }],
  ["keepequal drops", { a: "1", b: "2" }, "[{action: keepequal, source_labels: [a], target_label: b}]", null],
  ["dropequal drops", { a: "1", b: "1" }, "[{action: dropequal, source_labels: [a], target_label: b}]", null],
  ["dropequal of absent labels", { c: "1" }, "[{action: dropequal, source_labels: [a], target_label: b}]", null],
  [
    "labelmap",
    { __meta_x: "1", a: "2" },
    "[{action: labelmap, regex: '__meta_(.+)'}]",
    { __meta_x: "1", a: "2", x: "1" },
  ],
  [
    "labelmap does not map what it made",
    { a: "1" },
    "[{action: labelmap, regex: '(a+)', replacement: 'a$1'}]",
    { a: "1", aa: "1" },
  ],
  [
    "labelmap by template",
    { a_b: "1" },
    "[{action: labelmap, regex: '(.)_(.)', replacement: '${2}_$1'}]",
    { a_b: "1", b_a: "1" },
  ],
  ["labeldrop", { a: "1", tmp_x: "2", tmp_y: "3" }, "[{action: labeldrop, regex: 'tmp_.*'}]", { a: "1" }],
  ["labelkeep", { a: "1", b: "2", c: "3" }, "[{action: labelkeep, regex: 'a|b'}]", { a: "1", b: "2" }],
  ["lowercase", { a: "ÀB" }, "[{action: lowercase, source_labels: [a], target_label: a}]", { a: "àb" }],
  [
    "uppercase leaves ß",
    { a: "straße" },
    "[{action: uppercase, source_labels: [a], target_label: b}]",
    { a: "straße", b: "STRAßE" },
  ],
  [
    "lowercase has no final sigma",
    { a: "ΟΔΟΣ" },
    "[{action: lowercase, source_labels: [a], target_label: a}]",
    { a: "οδοσ" },
  ],
  ["lowercase of nothing removes", { b: "1" }, "[{action: lowercase, source_labels: [a], target_label: b}]", {}],
];

test.each(cases)("%s", (_, labels, rules, want) => {
  expect(run(labels, rules)).toEqual(want);
});

test("hashmod is the tail of md5", () => {
  const digest = createHash("md5").update("a;b").digest();
  const want = String(digest.readBigUInt64BE(8) % 1000n);
  const rules = "[{action: hashmod, source_labels: [x, y], target_label: h, modulus: 1000}]";
  expect(run({ x: "a", y: "b" }, rules)).toEqual({ x: "a", y: "b", h: want });
  // Seen with Prometheus 2.42.
  expect(run({ x: "foo" }, "[{action: hashmod, source_labels: [x], target_label: h, modulus: 1000}]")).toMatchObject({
    h: "696",
  });
});

test("UTF-8 names where they are asked for", () => {
  expect(run({ a: "b-c" }, "[{source_labels: [a], target_label: $1}]", "utf8")).toEqual({ a: "b-c", "b-c": "b-c" });
});

test("the input stays as it is", () => {
  const labels = new Map([["a", "1"]]);
  relabel(labels, configs("[{action: labeldrop, regex: a}]"));
  expect([...labels]).toEqual([["a", "1"]]);
});

describe("properties", () => {
  const part = fc.constantFrom(
    "a",
    "b",
    "_",
    "\\.",
    ".*",
    ".+",
    "(.*)",
    "(.+)",
    "(",
    ")",
    "|",
    ".",
    "\\d",
    "x?",
    "[ab]",
    "-",
    "é",
    "{",
    "^",
    "$",
  );
  const pattern = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(""));
  const value = fc.string({ unit: fc.constantFrom("a", "b", "_", ".", "-", "é", "\n", "1", "{"), maxLength: 6 });

  test("the short cuts match as RE2 does", () => {
    let compared = 0;
    fc.assert(
      fc.property(pattern, fc.array(value, { maxLength: 8 }), (text, values) => {
        let general: ReturnType<typeof compileGeneral>;
        try {
          general = compileGeneral(text);
        } catch {
          // No expression at all; then there is no short cut either.
          expect(() => compileLabelRegex(text)).toThrow();
          return;
        }
        const quick = compileLabelRegex(text);
        for (const candidate of values) {
          expect(quick.test(candidate)).toBe(general.test(candidate));
          expect(quick.match(candidate)).toEqual(general.match(candidate));
          compared += 1;
        }
      }),
      { numRuns: 5_000 },
    );
    expect(compared).toBeGreaterThan(1_000);
  });

  test("never throws", () => {
    const config: fc.Arbitrary<RelabelConfig> = fc.record({
      action: fc.constantFrom(...RELABEL_ACTIONS),
      sourceLabels: fc.array(fc.string({ maxLength: 3 }), { maxLength: 3 }),
      separator: fc.string({ maxLength: 2 }),
      regex: fc.constantFrom("(.*)", "a|b", "a.*", "(?P<n>a)(b)?", "", "[^a]+"),
      targetLabel: fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom("$1", "${1}_x", "a")),
      replacement: fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom("$1", "${", "$$", "$n")),
      modulus: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      nameScheme: fc.constantFrom("legacy" as const, "utf8" as const),
    });
    const labels = fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.string({ maxLength: 5 })), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(config, { maxLength: 4 }), labels, (rules, entries) => {
        const result = compileRelabel(rules)(new Map(entries.filter(([, text]) => text !== "")));
        expect([...(result ?? [])].every(([, text]) => text !== "")).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
