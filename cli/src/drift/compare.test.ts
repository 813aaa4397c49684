import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { drift } from "./compare.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-drift-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function compare(baseline: unknown, current: unknown, ...more: string[]) {
  writeFileSync(join(folder, "a.json"), typeof baseline === "string" ? baseline : JSON.stringify(baseline));
  writeFileSync(join(folder, "b.json"), JSON.stringify(current));
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const code = await drift(["compare", "a.json", "b.json", ...more], { root: folder, cwd: folder, env: {}, print });
  return { code, text: lines.join("\n") };
}

const steps = { bounds: [0, 1, 2, 3], counts: [500, 300, 200] };

describe("two histograms", () => {
  test("a verdict in words and every distance", async () => {
    const { code, text } = await compare(steps, { ...steps, counts: [200, 300, 500] });
    expect(code).toBe(0);
    expect(text).toMatch(/^the data moved up: median 1 to 2 \(PSI 0\.5/);
    expect(text).toContain("chi2_stat");
  });

  test("for programs, with infinity as a word", async () => {
    const { text } = await compare(steps, { ...steps, counts: [0, 500, 500] }, "--json");
    expect(JSON.parse(text)).toMatchObject({ defined: true, n_baseline: 1000, psi_no_smoothing: "inf", tvd: 0.5 });
  });

  test("open ends by null, by name, or by one bound fewer than counts", async () => {
    const closed = await compare({ bounds: ["-Inf", 1, 2, null], counts: [5, 3, 2] }, steps, "--json");
    const open = await compare({ bounds: [1, 2], counts: [5, 3, 2] }, steps, "--json");
    expect(JSON.parse(closed.text)).toEqual(JSON.parse(open.text));
  });

  test("categories", async () => {
    const { text } = await compare({ categories: { a: 90, b: 10 } }, { categories: { a: 50, c: 50 } }, "--json");
    expect(JSON.parse(text)).toMatchObject({ new_category_fraction: 0.5, lost_category_fraction: 0.1, cells: 3 });
  });

  test("a category may have any name", async () => {
    const { text } = await compare('{"categories": {"__proto__": 5, "b": 3}}', { categories: { b: 3 } }, "--json");
    expect(JSON.parse(text)).toMatchObject({ n_baseline: 8, n_current: 3, lost_category_fraction: 5 / 8 });
  });

  test("one that is empty: nothing can be said", async () => {
    const { code, text } = await compare({ ...steps, counts: [0, 0, 0] }, steps, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(text)).toEqual({ n_baseline: 0, n_current: 1000, defined: false });
  });

  test.each([
    ["no JSON", "{", /a\.json: .*JSON/],
    ["too few bounds", { bounds: [0], counts: [1, 2, 3] }, /bounds: found 1 of them and 3 counts/],
    ["unsorted bounds", { bounds: [0, 2, 1, 3], counts: [1, 2, 3] }, /found 1 after 2/],
    ["an open end inside", { bounds: [0, null, 2, 3], counts: [1, 2, 3] }, /only the ends are open/],
    ["negative counts", { bounds: [0, 1], counts: [-1] }, /counts\.0: found -1/],
    [
      "a count of a category that is none",
      { categories: { a: "many" } },
      /categories\.a: found "many", expected a count/,
    ],
    ["categories that are none", { categories: [1, 2] }, /categories: found \[1,2\]/],
    ["both forms at once", { categories: { a: 1 }, counts: [1] }, /counts: not known/],
    ["something else", { count: 1 }, /expected \{"bounds"/],
    ["categories against numbers", { categories: { a: 1 } }, /do not compare/],
  ])("%s is refused", async (_, baseline, message) => {
    await expect(compare(baseline, steps)).rejects.toThrow(message);
  });
});

const VECTORS = fileURLToPath(new URL("../../../../shared/vectors/drift.json", import.meta.url));
if (!existsSync(VECTORS)) console.log("reference values of distances: ../shared/vectors is absent, skipped");

type Case = { id: string; expected: Record<string, unknown> } & Record<string, unknown>;
const cases: Case[] = existsSync(VECTORS) ? JSON.parse(readFileSync(VECTORS, "utf8")).cases : [];

/** Tolerances as the file states them. */
function isNear(name: string, found: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) {
    return Array.isArray(found) && expected.every((each, i) => isNear(name, found[i], each));
  }
  if (typeof expected !== "number" || typeof found !== "number") return found === expected;
  const off = Math.abs(found - expected);
  const rootOfNoise = /js_distance|hellinger/.test(name) && expected === 0 && off <= 1e-7;
  return off <= 1e-9 || off <= 1e-8 * Math.abs(expected) || rootOfNoise;
}

function fileOf(one: Case, side: "baseline" | "current"): unknown {
  if (one["kind"] === "categorical") return { categories: one[side] };
  const outside = one[`${side}_outside`];
  const counts = one[`${side}_counts`] as number[];
  // What lies outside is a cell of its own, wherever it lay.
  if (outside !== undefined) return { categories: Object.fromEntries([...counts, outside].map((n, i) => [`${i}`, n])) };
  return { bounds: one[`${side}_bounds`] ?? one["bounds"], counts };
}

test.each(cases.map((one) => [one.id, one] as const))("reference values of %s", async (_, one) => {
  const { text } = await compare(fileOf(one, "baseline"), fileOf(one, "current"), "--json");
  const found = JSON.parse(text);
  for (const [name, expected] of Object.entries(one.expected)) {
    expect(isNear(name, found[name], expected), `${name}: found ${found[name]}, expected ${expected}`).toBe(true);
  }
});
