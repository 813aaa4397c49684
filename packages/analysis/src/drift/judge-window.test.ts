import type { Cells } from "@lockstep/schemas/domain/observed";
import { describe, expect, test } from "vitest";
import { judgeWindow } from "./judge-window.ts";
import type { FeatureInput } from "./judgement.ts";
import { learnNoise, nothingLearnt } from "./learn-noise.ts";
import { isOver, persists } from "./persistence.ts";
import { divergentReplicas } from "./replica-divergence.ts";

const bounds = Array.from({ length: 21 }, (_, i) => i);
/** A bell of `rows` rows around `middle`, without noise. */
function bell(rows: number, middle = 10, width = 3): Cells {
  const shares = bounds.slice(1).map((edge) => Math.exp(-((edge - 0.5 - middle) ** 2) / (2 * width ** 2)));
  const sum = shares.reduce((a, b) => a + b, 0);
  return { form: "explicit", bounds, counts: shares.map((share) => Math.round((rows * share) / sum)) };
}
const kinds = (counts: Record<string, number>): Cells => ({
  form: "categories",
  counts: new Map(Object.entries(counts)),
});

/** All rows in one cell, or some of them at both ends. */
const only = (cell: number, rows: number): Cells => spread(cell, rows, 0);
function spread(cell: number, there: number, elsewhere: number): Cells {
  const counts = bounds.slice(1).map((_, i) => (i === cell ? there : i === 0 || i === 19 ? elsewhere / 2 : 0));
  return { form: "explicit", bounds, counts };
}
const onceEach = (prefix: string, names: number) =>
  Object.fromEntries(Array.from({ length: names }, (_, i) => [`${prefix}${i}`, 1]));

function input(baseline: Cells, current: Cells, more: Partial<FeatureInput> = {}): FeatureInput {
  return {
    kind: "input",
    feature: "x",
    baseline,
    baselineMissing: 0,
    current,
    currentMissing: 0,
    noise: nothingLearnt,
    ...more,
  };
}
const verdictOf = (...args: Parameters<typeof input>) => judgeWindow([input(...args)])[0]!.verdict;

describe("a window's verdict", () => {
  test.each<[string, FeatureInput, string]>([
    ["the same again", input(bell(10_000), bell(5000)), "no_drift"],
    ["sure and large", input(bell(10_000), bell(5000, 12)), "drift"],
    ["sure and small: with many rows everything is sure", input(bell(1e7), bell(1e7, 10.1)), "no_drift"],
    ["large and unsure: with few rows everything is large", input(bell(10_000), bell(30, 12)), "not_enough_data"],
    ["nothing came", input(bell(10_000), bell(0)), "not_enough_data"],
    ["values are missing", input(bell(10_000), bell(900), { currentMissing: 100 }), "data_quality"],
    [
      "as many are missing as ever",
      input(bell(9000), bell(900), { baselineMissing: 1000, currentMissing: 100 }),
      "no_drift",
    ],
    ["a category nobody knew", input(kinds({ a: 900, b: 100 }), kinds({ a: 850, b: 100, c: 50 })), "data_quality"],
    ["a category that went", input(kinds({ a: 900, b: 100 }), kinds({ a: 1000 })), "data_quality"],
    ["categories in other shares", input(kinds({ a: 500, b: 500 }), kinds({ a: 800, b: 200 })), "drift"],
    ["numbers against categories", input(bell(100), kinds({ a: 100 })), "not_enough_data"],
    ["a constant, a tenth of which is elsewhere now", input(only(5, 2000), spread(5, 1800, 200)), "drift"],
    ["most of it where nobody has been", input(only(5, 2000), spread(5, 700, 300)), "drift"],
    [
      "names that are never the same, as ever",
      input(kinds(onceEach("a", 500)), kinds(onceEach("b", 100))),
      "not_enough_data",
    ],
    [
      "some rare names, as ever",
      input(kinds({ a: 900, ...onceEach("x", 100) }), kinds({ a: 455, ...onceEach("y", 45) })),
      "no_drift",
    ],
    [
      "far more rare names than ever",
      input(kinds({ a: 950, ...onceEach("x", 50) }), kinds({ a: 300, ...onceEach("y", 200) })),
      "data_quality",
    ],
  ])("%s", (_, one, verdict) => expect(judgeWindow([one])[0]!.verdict).toBe(verdict));

  test("where few rows of a small change came, the share outside the range alone is told", () => {
    const wide = { windows: 10, phi: 1, thresholds: { psi: 20 } };
    const [judged] = judgeWindow([input(only(5, 2000), spread(5, 700, 300), { noise: wide })]);
    expect(judged).toMatchObject({ verdict: "data_quality", outside: 0.3 });
    expect(judged!.reason).toBe("x: 30 % lie outside the range of the baseline");
  });

  test("a restless feature wants more", () => {
    const noise = { windows: 20, phi: 1, thresholds: { psi: 1 } };
    expect(verdictOf(bell(10_000), bell(5000, 12))).toBe("drift");
    expect(verdictOf(bell(10_000), bell(5000, 12), { noise })).toBe("no_drift");
    expect(verdictOf(bell(10_000), bell(400, 11.2), { noise: { ...noise, phi: 50, thresholds: {} } })).toBe("no_drift");
  });

  test("unlike bounds are compared without a test of counts", () => {
    const coarse: Cells = { form: "explicit", bounds: [0, 7.5, 12.5, 20], counts: [1000, 3000, 1000] };
    const [judged] = judgeWindow([input(bell(10_000), coarse)]);
    expect(judged).toMatchObject({ approximate: true, method: "w1" });
  });

  test("the sentence says what moved, and by how much", () => {
    const [up] = judgeWindow([input(bell(10_000), bell(5000, 13))]);
    expect(up!.reason).toMatch(
      /^x moved up: median 10 to 13 \(PSI .*, threshold 0\.1, expected noise .*, n = [45],\d+\)$/,
    );
    const [wider] = judgeWindow([input(bell(10_000), bell(5000, 10, 5))]);
    expect(wider!.reason).toMatch(/^x spread: its middle half is 1\.\dx as wide/);
    const [share] = judgeWindow([input(kinds({ a: 500, b: 500 }), kinds({ a: 800, b: 200 }))]);
    expect(share!.reason).toMatch(/^x changed: a from 50 % to 80 %/);
  });

  test("p-values are corrected over the features of a window", () => {
    const slight = input(bell(2000), bell(1000, 10.4));
    const [alone] = judgeWindow([slight]);
    const [among] = judgeWindow([slight, ...Array.from({ length: 99 }, () => input(bell(2000), bell(1000)))]);
    expect(alone!.q).toBe(alone!.p);
    expect(among!.q).toBeGreaterThan(among!.p!);
  });
});

describe("what a baseline tells of itself", () => {
  test("windows that wander teach a threshold above them", () => {
    const calm = learnNoise(Array.from({ length: 10 }, () => ({ cells: bell(1000), missing: 1 })))!;
    const restless = learnNoise(
      Array.from({ length: 10 }, (_, i) => ({ cells: bell(1000, 9 + (i % 3)), missing: 0 })),
    )!;
    expect(calm.baselineMissing).toBe(10);
    expect(calm.noise.phi).toBe(1);
    expect(restless.noise.phi).toBeGreaterThan(5);
    expect(restless.noise.thresholds.psi).toBeGreaterThan(calm.noise.thresholds.psi! + 0.1);
  });

  test("of fewer than six nothing is learnt", () => {
    const few = learnNoise(Array.from({ length: 5 }, () => ({ cells: bell(100), missing: 0 })))!;
    expect(few.noise).toEqual({ ...nothingLearnt, windows: 5 });
    expect(learnNoise([])).toBeUndefined();
  });
});

test("two of three windows make it, three calm ones end it, silent ones do not count", () => {
  const [d, n, x] = ["drift", "no_drift", "not_enough_data"] as const;
  expect(persists([d])).toBe(false);
  expect(persists([d, n, d])).toBe(true);
  expect(persists([d, x, x, d])).toBe(true);
  expect(persists([d, d, n])).toBe(false);
  expect(isOver([d, n, x, n])).toBe(false);
  expect(isOver([d, n, n, x, n])).toBe(true);
});

describe("replicas at the same time", () => {
  const replica = (name: string, middle = 10) => ({ replica: name, cells: bell(2000, middle), missing: 0 });
  const broken = (all: ReturnType<typeof replica>[]) =>
    divergentReplicas(all, "x")
      .filter(({ divergent }) => divergent)
      .map(({ replica: name }) => name);

  test.each<[string, ReturnType<typeof replica>[], string[]]>([
    ["all alike", [replica("a"), replica("b"), replica("c")], []],
    ["one that is broken, and nobody else", [replica("a"), replica("b", 14), replica("c")], ["b"]],
    ["two of five", [replica("a", 14), replica("b"), replica("c", 5), replica("d"), replica("e")], ["a", "c"]],
    ["all moved together", [replica("a", 14), replica("b", 14), replica("c", 14)], []],
    ["of two nobody can say which", [replica("a"), replica("b", 14)], []],
  ])("%s", (_, all, expected) => expect(broken(all).sort()).toEqual(expected));

  test("of a thousand one, in a moment", () => {
    const all = Array.from({ length: 1000 }, (_, i) => replica(`r${i}`, i === 417 ? 13 : 10));
    expect(broken(all)).toEqual(["r417"]);
  });
});
