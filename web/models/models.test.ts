import type { Cells } from "@lockstep/schemas/domain/observed";
import type { FeatureCellsRow } from "@lockstep/schemas/queries/feature-cells";
import type { FeatureWindowRow } from "@lockstep/schemas/queries/feature-windows";
import type { ModelWindowsRow } from "@lockstep/schemas/queries/model-page-windows";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { comparedWith } from "./baseline-stretches.ts";
import { calibrationOf, wilson } from "./calibration.ts";
import { cellAxis, usualScale } from "./cell-axis.ts";
import { matched, reshaped, summed } from "./cells.ts";
import { modelFinding } from "./finding-view.ts";
import { histogramView } from "./histogram-view.ts";
import { latencyText } from "./latency-unit.ts";
import { performanceLines } from "./performance-lines.ts";
import { quantileOf } from "./quantile.ts";
import { rankedFeatures, replicaSentence, versionStates } from "./ranking.ts";
import { rateText } from "./rate.ts";
import { segmentsOf } from "./segments.ts";
import { LEAST_WINDOWS, pointsOf, stretchOf } from "./stretch.ts";
import { chosenOf, comparisonsOf, distanceLines } from "./window-choice.ts";

const WINDOW = 300_000;
const NOW = Date.UTC(2026, 10, 23, 10, 2);
const LIVE = { range: "1h", from: null, to: null } as const;

describe("the stretch of time that is shown", () => {
  const seen = { firstAt: NOW - 1000 * WINDOW, lastAt: NOW - WINDOW / 2, windowMs: WINDOW };

  test("reaches back to the newest 48 windows, in whole windows", () => {
    const stretch = stretchOf(LIVE, seen, NOW);
    expect(stretch).toMatchObject({ live: true, widened: true, stepMs: WINDOW, toMs: seen.lastAt });
    expect(seen.lastAt - stretch.fromMs).toBe(LEAST_WINDOWS * WINDOW);
    expect(pointsOf(stretch)).toHaveLength(LEAST_WINDOWS);
  });

  test("of an import of years ago is where its windows are", () => {
    const old = { firstAt: Date.UTC(2018, 0, 1), lastAt: Date.UTC(2019, 0, 1), windowMs: 30 * 86_400_000 };
    const stretch = stretchOf(LIVE, old, NOW);
    expect(stretch).toMatchObject({ live: false, toMs: old.lastAt });
    expect(stretch.fromMs).toBeLessThanOrEqual(old.firstAt);
    expect(stretch.fromMs).toBeGreaterThan(old.firstAt - old.windowMs);
  });

  test("shows a gap where the windows of a model that served stopped to come", () => {
    const silent = { ...seen, lastAt: NOW - 30 * 60_000 };
    expect(stretchOf(LIVE, silent, NOW).toMs).toBe(NOW);
  });

  test("is what was asked for where that is absolute, at no more points than can be drawn", () => {
    const asked = { range: "1h", from: NOW - 8 * 86_400_000, to: NOW } as const;
    const stretch = stretchOf(asked, seen, NOW);
    expect(stretch.stepMs % WINDOW).toBe(0);
    expect(pointsOf(stretch).length).toBeLessThanOrEqual(241);
    expect(stretch.toMs).toBe(NOW);
  });
});

describe("cells", () => {
  const explicit = (bounds: number[], counts: number[]): Cells => ({ form: "explicit", bounds, counts });

  test("categories keep their names when they are matched", () => {
    const counts = (of: Record<string, number>): Cells => ({ form: "categories", counts: new Map(Object.entries(of)) });
    expect(matched(counts({ a: 1, b: 2 }), counts({ b: 3, c: 4 }))).toEqual({
      form: "categories",
      names: ["a", "b", "c"],
      baseline: [1, 2, 0],
      current: [0, 3, 4],
    });
    expect(matched(counts({ a: 1 }), explicit([0, 1], [1]))).toBeNull();
  });

  test("a part takes the cells of the sum, and loses no count", () => {
    const fine = explicit([0, 1, 2, 3], [1, 2, 3]);
    const coarse = explicit([0, 2, 3], [5, 1]);
    const whole = summed([fine, coarse]);
    expect(whole).toMatchObject({ bounds: [0, 2, 3], counts: [8, 4] });
    expect(reshaped(fine, whole!)).toMatchObject({ bounds: [0, 2, 3], counts: [3, 3] });
    expect(reshaped(coarse, whole!)).toMatchObject({ bounds: [0, 2, 3], counts: [5, 1] });
  });

  test("quantiles lie within their cell, those of open cells at its edge", () => {
    expect(quantileOf({ bounds: [0, 10, 20, Infinity], counts: [10, 10, 0] }, 0.5)).toBe(10);
    expect(quantileOf({ bounds: [0, 10, Infinity], counts: [1, 99] }, 0.95)).toBe(10);
    expect(quantileOf({ bounds: [-Infinity, 5, 6], counts: [9, 1] }, 0.5)).toBe(5);
    expect(quantileOf({ bounds: [0, 1], counts: [0] }, 0.5)).toBeNull();
  });

  test("are drawn without empty ends, joined where there are too many, no count lost", () => {
    const counts = fc.array(fc.nat(1000), { minLength: 1, maxLength: 700 });
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const length = Math.max(a.length, b.length);
        const [baseline, current] = [a, b].map((of) => Array.from({ length }, (_, at) => of[at] ?? 0));
        const bounds = Array.from({ length: length + 1 }, (_, at) => at);
        const view = histogramView({
          form: "numbers",
          bounds,
          baseline: baseline!,
          current: current!,
          approximate: false,
        });
        if (view.form !== "numbers") throw new Error("expected numbers");
        const total = (of: readonly number[]) => of.reduce((sum, count) => sum + count, 0);
        expect(total(view.baseline)).toBe(total(baseline!));
        expect(total(view.current)).toBe(total(current!));
        expect(view.bounds).toHaveLength(view.current.length + 1);
        expect(view.current.length).toBeLessThanOrEqual(160);
      }),
      { numRuns: 100 },
    );
  });

  test("categories come by their change, the rest as one", () => {
    const names = Array.from({ length: 30 }, (_, at) => `c${at}`);
    const view = histogramView({
      form: "categories",
      names,
      baseline: names.map(() => 10),
      current: names.map((_, at) => (at === 7 ? 100 : 10)),
    });
    if (view.form !== "categories") throw new Error("expected categories");
    expect(view.rows[0]).toEqual({ name: "c7", baseline: 10, current: 100 });
    expect(view.rows.at(-1)).toEqual({ name: "10 others", baseline: 100, current: 100 });
  });

  test.each([
    [[0, 10, 100, 1000], "log"],
    [[0, 0.5, 1], "linear"],
    [[-5, 0, 5000], "linear"],
    [[null, 10, 5000], "linear"],
  ] as const)("over %j the axis is %s", (bounds, scale) => {
    expect(usualScale(bounds)).toBe(scale);
  });

  test("open cells and those down to zero stand beside the axis", () => {
    const { edges, ticks } = cellAxis([0, 1, 10, 100], "log");
    expect(edges[0]).toBe(0);
    expect(edges[1]).toBeCloseTo(0.04);
    expect(edges[2]).toBeCloseTo(0.52);
    expect(edges[3]).toBe(1);
    expect(ticks.map(({ value }) => value)).toContain(10);
    const open = cellAxis([null, 0, 1, null], "linear");
    expect(open.edges).toEqual([0, 0.04, 0.96, 1]);
  });
});

describe("segments", () => {
  const row = (replica: string, region: string, counts: number[]): FeatureCellsRow => ({
    ...{ version: "1", replica, labels: { region }, bounds: [0, 1, 2, 3], counts, scale: null, missing: 0 },
    ...{ zeroThreshold: 0, zeroCount: 0, positiveOffset: 0, positive: [], negativeOffset: 0, negative: [] },
    ...{ names: [], ofNames: [] },
  });
  const baseline: Cells = { form: "explicit", bounds: [0, 1, 2, 3], counts: [100, 100, 100] };

  test("the shift comes from the one that moved; what has one value is left out", () => {
    const rows = [row("a", "eu", [0, 0, 60]), row("a", "us", [20, 20, 20]), row("b", "us", [20, 20, 20])];
    const segments = segmentsOf(rows, baseline);
    expect(segments.map(({ of, value }) => `${of} ${value}`)).toEqual([
      "replica a",
      "replica b",
      "region eu",
      "region us",
    ]);
    expect(segments[2]).toMatchObject({ rows: 60, shareOfShift: 1 });
    expect(segments[2]?.distance).toBeCloseTo(2 / 3);
    expect(segments[3]?.shareOfShift).toBeCloseTo(0);
  });

  test("the shares of a dimension add up to the whole shift", () => {
    const counts = fc.array(fc.nat(200), { minLength: 3, maxLength: 3 }).filter((of) => of.some((count) => count > 0));
    fc.assert(
      fc.property(fc.array(counts, { minLength: 2, maxLength: 8 }), (parts) => {
        const segments = segmentsOf(
          parts.map((of, at) => row(`r${at}`, "eu", of)),
          baseline,
        );
        const known = segments.filter(({ shareOfShift }) => shareOfShift !== null);
        if (known.length > 0) expect(known.reduce((sum, each) => sum + each.shareOfShift!, 0)).toBeCloseTo(1, 9);
      }),
      { numRuns: 200 },
    );
  });

  test("without a baseline their rows are told, and no shift", () => {
    const [first] = segmentsOf([row("a", "eu", [1, 2, 3]), row("b", "eu", [1, 0, 0])], null);
    expect(first).toMatchObject({ value: "a", rows: 6, shareOfShift: null, distance: null });
  });
});

describe("calibration", () => {
  test("points, errors and intervals", () => {
    const found = calibrationOf({
      bounds: [0, 0.5, 1],
      labelled: [100, 0],
      positives: [30, 0],
      scoreSums: [20, 0],
    });
    expect(found).toMatchObject({ n: 100 });
    expect(found?.ece).toBeCloseTo(0.1);
    expect(found?.points).toHaveLength(1);
    const [low, high] = wilson(0.3, 100);
    // Wilson (1927), as in tables of the interval for 30 of 100.
    expect(low).toBeCloseTo(0.2189, 4);
    expect(high).toBeCloseTo(0.3958, 4);
    expect(calibrationOf({ bounds: [0, 1], labelled: [0], positives: [0], scoreSums: [0] })).toBeNull();
  });
});

function windowsRow(more: Partial<ModelWindowsRow>): ModelWindowsRow {
  return {
    ...{ kind: "input", feature: "price", version: "", baseline: "training", places: [0, 1, 2] },
    ...{ distances: [0.01, 0.3, 0.3], thresholds: [0.1, 0.1, 0.1], drifts: [0, 1, 1], sinceAt: 0 },
    ...{ verdict: "drift", reason: "", method: "js", distance: 0.3, threshold: 0.1, expected: 0.02 },
    ...{ missingRate: 0, n: 100 },
    ...more,
  };
}

describe("features and replicas", () => {
  const grid = { fromMs: NOW, stepMs: WINDOW, points: 3 };

  test("the farthest first, by the baseline it is farthest from, with when it began", () => {
    const ranked = rankedFeatures(
      [
        windowsRow({ baseline: "season", verdict: "no_drift", distance: 0.05 }),
        windowsRow({}),
        windowsRow({ feature: "country", verdict: "no_drift", distance: 0.09, drifts: [0, 1, 0] }),
      ],
      [],
      grid,
    );
    expect(ranked.map(({ feature, baseline, sinceMs }) => ({ feature, baseline, sinceMs }))).toEqual([
      { feature: "price", baseline: "training", sinceMs: NOW + WINDOW },
      { feature: "country", baseline: "training", sinceMs: null },
    ]);
    expect(ranked[0]?.ratio).toBeCloseTo(3);
  });

  const replica = (name: string, differing: number, distance: number) => ({
    ...{ replica: name, features: 2, differing, kind: "input", feature: "price", method: "js", history: [] },
    ...{ verdict: differing > 0 ? "drift" : "no_drift", distance, threshold: 0.1 },
  });

  test.each([
    [[], null],
    [[replica("a", 0, 0.01), replica("b", 0, 0.02)], "All 2 replicas are alike"],
    // The broken one is in what the others are compared with.
    [
      [replica("c", 2, 0.6), replica("a", 1, 0.18), replica("b", 1, 0.19), replica("d", 0, 0.09)],
      "Replica c differs from the other 3: a broken replica",
    ],
    [
      [replica("a", 1, 0.3), replica("b", 1, 0.3)],
      "2 of 2 replicas differ from each other: they are not given the same",
    ],
  ])("replicas %#", (states, sentence) => {
    expect(replicaSentence(states, false)).toBe(sentence);
  });

  test("all move together where the model drifts and no replica differs", () => {
    expect(replicaSentence([replica("a", 0, 0.01), replica("b", 0, 0.02)], true)).toContain("the data changed");
  });

  test("versions, the newest first, with what they were compared", () => {
    const states = versionStates(
      [
        { version: "1", firstAt: 1, lastAt: 50 },
        { version: "2", firstAt: 10, lastAt: 90 },
      ],
      new Map([["2", 1000]]),
      [windowsRow({ baseline: "version", version: "2" })],
    );
    expect(states).toMatchObject([
      { version: "2", rows: 1000, against: { features: 1, differing: 1, feature: "price" } },
      { version: "1", rows: 0, against: null },
    ]);
  });
});

describe("a feature's windows", () => {
  const row = (more: Partial<FeatureWindowRow>): FeatureWindowRow => ({
    ...{ version: "", baseline: "training", sinceAt: 0, untilAt: WINDOW, verdict: "no_drift", reason: "" },
    ...{ nBaseline: 1, nCurrent: 1, cells: 3, p: null, q: null, method: "js", distance: 0.01, threshold: 0.1 },
    ...{ expected: 0.01, distances: {}, missingRate: null, newShare: null, lostShare: null, outside: null },
    ...more,
  });
  const windows = [
    row({}),
    row({ sinceAt: WINDOW, untilAt: 2 * WINDOW, distance: 0.2, verdict: "drift" }),
    row({ baseline: "season", sinceAt: WINDOW, untilAt: 2 * WINDOW }),
  ];

  test("the worst comparison first, unless another is asked for", () => {
    expect(comparisonsOf(windows, {}).map(({ baseline }) => baseline)).toEqual(["training", "season"]);
    expect(comparisonsOf(windows, { baseline: "season" })[0]?.baseline).toBe("season");
    expect(comparisonsOf([], {})).toEqual([]);
  });

  test("the newest window, or the last that began by then", () => {
    const [comparison = null] = comparisonsOf(windows, {});
    expect(chosenOf(windows, comparison, null)).toMatchObject({ earlierMs: 0, laterMs: null });
    expect(chosenOf(windows, comparison, WINDOW - 1)).toMatchObject({ window: { sinceAt: 0 }, laterMs: WINDOW });
    expect(chosenOf([], null, null)).toEqual({ window: null, earlierMs: null, laterMs: null });
    const lines = distanceLines(windows, comparison, { fromMs: 0, stepMs: WINDOW, points: 3 });
    expect(lines.distance).toEqual([0.01, 0.2, null]);
  });
});

describe("what a window was compared with", () => {
  const HOUR = 3_600_000;
  const WEEK = 168 * HOUR;
  const window = { version: "2", sinceMs: NOW, untilMs: NOW + WINDOW };
  const baseline = { name: "training", createdAt: 0, createdBy: "", sinceAt: 5, untilAt: 9, ofVersion: "" };

  test("the reference of its version, else that of all", () => {
    const rows = [
      { ...baseline, version: "", ofVersion: "1" },
      { ...baseline, version: "2" },
    ];
    const training = { ...window, baseline: "training" };
    expect(comparedWith(training, rows, [])).toEqual({
      stretches: [{ fromMs: 5, toMs: 9 }],
      words: "the training reference",
    });
    expect(comparedWith({ ...training, version: "3" }, rows, [])).toMatchObject({ version: "1" });
    expect(comparedWith(training, [], [])).toBeNull();
  });

  test("the same hour of four weeks, all hours where there are fewer", () => {
    const season = { ...window, baseline: "season" };
    const hour = Math.floor(NOW / HOUR) * HOUR;
    const seen = (weeks: number) => [{ version: "2", firstAt: NOW - weeks * WEEK, lastAt: NOW }];
    expect(comparedWith(season, [], seen(5))?.stretches[0]).toEqual({ fromMs: hour - WEEK, toMs: hour + HOUR - WEEK });
    expect(comparedWith(season, [], seen(5))?.stretches).toHaveLength(4);
    expect(comparedWith(season, [], seen(1))?.stretches).toEqual([{ fromMs: NOW - 4 * WEEK, toMs: NOW }]);
  });

  test("the version before, at the same time or its last day", () => {
    const version = { ...window, baseline: "version" };
    const own = { version: "2", firstAt: NOW - HOUR, lastAt: NOW };
    const serves = { version: "1", firstAt: 0, lastAt: NOW + HOUR };
    expect(comparedWith(version, [], [own, serves])).toMatchObject({
      version: "1",
      stretches: [{ fromMs: NOW, toMs: NOW + WINDOW }],
    });
    const over = { ...serves, lastAt: NOW - HOUR };
    expect(comparedWith(version, [], [own, over])?.stretches[0]?.toMs).toBe(NOW - HOUR);
    expect(comparedWith(version, [], [own])).toBeNull();
  });
});

describe("small things", () => {
  test("performance by the rows of its windows, with what chance makes of accuracy", () => {
    const row = { version: "", sinceAt: NOW, f1: null, ece: null, auc: null };
    const lines = performanceLines(
      [
        { ...row, way: "estimated", n: 100, accuracy: 0.9 },
        { ...row, way: "estimated", n: 300, accuracy: 0.8 },
      ],
      { fromMs: NOW, stepMs: WINDOW, points: 2 },
    );
    const [accuracy] = lines!.measures;
    expect(accuracy?.estimated[0]).toBeCloseTo(0.825);
    expect(accuracy?.estimated[1]).toBeNull();
    expect(accuracy!.high![0]! - accuracy!.low![0]!).toBeCloseTo(2 * 1.96 * Math.sqrt((0.825 * 0.175) / 400));
    expect(performanceLines([], { fromMs: NOW, stepMs: WINDOW, points: 2 })).toBeNull();
  });

  test("a finding by its detail, and by its columns where that cannot be read", () => {
    const row = { id: "a", kind: "drift", model: "m", version: "", feature: "f", opened: 5, closed: null };
    const told = { confidence: "high", summary: "moved" };
    expect(modelFinding({ ...row, ...told, detail: '{"from":3,"of":"input","replica":"r"}' })).toMatchObject({
      ...{ fromMs: 3, of: "input", replica: "r", version: null },
    });
    expect(modelFinding({ ...row, ...told, detail: "{" })).toMatchObject({ fromMs: 5, of: null, evidence: [] });
  });

  test.each([
    ["e2e_seconds", 2, "2 s"],
    ["latency_ms", 6.5, "6.5 ms"],
    ["ttft", null, "–"],
  ] as const)("latency %s %s", (feature, value, text) => {
    expect(latencyText(feature, value)).toBe(text);
  });

  test.each([
    [28.91, "28.9/s"],
    [0.05, "3/min"],
    [0.002, "7.2/h"],
    [0, "0/s"],
    [null, "–"],
  ] as const)("%s rows a second", (rate, text) => {
    expect(rateText(rate)).toBe(text);
  });
});
