import { describe, expect, test } from "vitest";
import { bandwidthGroups } from "./bandwidth.ts";
import { doingGroups, rankRanges } from "./doing-groups.ts";
import { findingView, severityOf } from "./finding-view.ts";
import { heatRows, slowestIn } from "./heat-rows.ts";
import { jobStates } from "./job-states.ts";
import { dollars, gpuTime, lossesOf } from "./losses.ts";
import { byteOf, heatCells, ratioOf, UNKNOWN_BYTE } from "./rank-heat.ts";
import { waitChain } from "./wait-chain.ts";

const row = {
  id: "a1",
  kind: "slow_rank",
  job: "pretrain",
  rank: 35,
  node: "node-05",
  gpu: "",
  opened: 1000,
  closed: null,
  score: 1.26,
  wasteGpuSeconds: 7200,
  confidence: "high",
  cause: "thermal_throttle",
  summary: "rank 35 is slow",
  detail: JSON.stringify({ slowdown: 1.15, cause: { code: "thermal_throttle", text: "heat" }, evidence: [] }),
  updated: 2000,
};

describe("a finding", () => {
  test("with its detail, and by its columns where that cannot be read", () => {
    expect(findingView(row)).toMatchObject({ slowdown: 1.15, gpu: null, cause: { text: "heat" }, closedMs: null });
    const broken = findingView({ ...row, detail: "{", confidence: "?" });
    expect(broken).toMatchObject({
      slowdown: null,
      confidence: "low",
      evidence: [],
      cause: { code: "thermal_throttle" },
    });
  });

  test.each([
    ["slow_rank", null, "warning"],
    ["hang", null, "critical"],
    ["hang", 5, "ok"],
  ])("%s closed %s is %s", (kind, closedMs, severity) => expect(severityOf({ kind, closedMs })).toBe(severity));
});

describe("losses", () => {
  const found = [
    { kind: "slow_rank", wasteGpuSeconds: 3600 },
    { kind: "slow_link", wasteGpuSeconds: 1800 },
  ] as const;
  test("in GPU time, money and share", () => {
    expect(lossesOf(found, 54_000, 2.5)).toEqual({ gpuSeconds: 5400, dollars: 3.75, goodput: 0.9 });
  });
  test("a hang's come on top of the steps", () => {
    expect(lossesOf([{ kind: "hang", wasteGpuSeconds: 900 }], 900, null).goodput).toBe(0.5);
  });
  test("what is not known is absent", () => {
    expect(lossesOf(found, Number.NaN, null)).toEqual({ gpuSeconds: 5400, dollars: null, goodput: null });
  });
  test.each([
    [12, "12 GPU-s"],
    [90, "1.5 GPU-min"],
    [5400, "1.5 GPU-h"],
    [Number.NaN, "–"],
  ])("%d s are %s", (seconds, text) => expect(gpuTime(seconds)).toBe(text));
  test.each([
    [0, "$0.00"],
    [0.001, "< $0.01"],
    [12.345, "$12.35"],
    [1234.5, "$1,235"],
  ])("%d are %s", (amount, text) => expect(dollars(amount)).toBe(text));
});

describe("what processes tell of jobs", () => {
  const beat = (process: string, detail: unknown, updated = 1) => ({
    process,
    host: "h",
    pid: 1,
    run: "",
    started: 0,
    updated,
    detail: JSON.stringify(detail),
  });
  const judged = { job: "a", judgedStep: 5, judgedAt: 9, windowSteps: 20, notEnoughData: [], progress: "steps" };

  test("the watch that leads, and all collectors", () => {
    const states = jobStates([
      beat("watch", { leads: true, jobs: [judged] }),
      beat("watch", { leads: false }, 5),
      beat("collector", {
        jobsWithoutSteps: [
          { job: "a", process: "n/1", reason: "wait" },
          { job: "b", process: "n/2", reason: "set this" },
        ],
      }),
    ]);
    expect(states.get("a")).toEqual({ job: "a", progress: "steps", judgedAtMs: 9, notEnoughData: ["wait"] });
    expect(states.get("b")).toMatchObject({ progress: null, notEnoughData: ["set this"] });
  });

  test("what cannot be read tells nothing", () => {
    expect(jobStates([{ ...beat("watch", {}), detail: "{" }, beat("watch", { leads: "yes" })]).size).toBe(0);
  });
});

describe("the heat map", () => {
  test("ratios are of the peers in the same step, and unknown stays unknown", () => {
    const { bytes, medianUs } = heatCells(
      [
        { columns: [0, 1], selfUs: [100, 100] },
        { columns: [0], selfUs: [100] },
        { columns: [0, 1], selfUs: [150, 100] },
        { columns: [0], selfUs: [400] },
      ],
      2,
      [0, 0, 0, 1],
    );
    expect(Array.from(bytes, (byte) => Math.round(ratioOf(byte) * 100) / 100)).toEqual([
      1,
      1,
      1,
      Number.NaN,
      1.5,
      1,
      1,
      Number.NaN,
    ]);
    expect(medianUs[1]).toBe(100);
  });

  test.each([0.5, 0.87, 1, 1.26, 3])("a ratio of %d survives its byte", (ratio) =>
    expect(ratioOf(byteOf(ratio))).toBeCloseTo(Math.min(ratio, 3.04), 2),
  );

  test("more ranks than pixels: the slowest of a line shows, and every rank has its line", () => {
    const rows = heatRows(16_384, 480);
    expect(rows).toMatchObject({ count: 480, height: 1 });
    expect([rows.from(0), rows.from(480)]).toEqual([0, 16_384]);
    const cells = new Uint8Array(16_384).fill(byteOf(1));
    cells[7001] = byteOf(1.4);
    cells[7002] = UNKNOWN_BYTE;
    const line = Array.from({ length: 480 }, (_, at) => at).find((at) => rows.from(at + 1) > 7001)!;
    expect(slowestIn(cells, 1, rows, line, 0)).toMatchObject({ at: 7001 });
    expect(slowestIn(new Uint8Array(4).fill(UNKNOWN_BYTE), 1, heatRows(4, 480), 0, 0)).toBeUndefined();
  });

  test("few ranks have lines that can be hit", () => expect(heatRows(8, 480)).toMatchObject({ count: 8, height: 14 }));
});

test("the wait chain ends with who waited for nobody", () => {
  const link = (rank: number, waitedFor: number) => ({
    rank,
    waitedFor,
    communicator: "c",
    collective: "AllReduce",
    us: 5,
  });
  const worst = { step: 7, stepTimeUs: 100, chain: [link(1, 2), link(2, 3)] };
  expect(waitChain(worst, (rank) => `n${rank}`)?.boxes.map(({ rank, waitedUs }) => [rank, waitedUs])).toEqual([
    [1, 5],
    [2, 5],
    [3, null],
  ]);
  expect(waitChain(undefined, () => undefined)).toBeNull();
  expect(waitChain({ ...worst, chain: [] }, () => undefined)).toBeNull();
});

test("communicators stand with those that do the same, the slowest first", () => {
  const group = (communicator: string, transferUs: number, bytes = 1024) => ({
    communicator,
    collective: "AllReduce",
    bytes,
    transferUs,
    score: Number.NaN,
    z: 0,
    busbwGbs: 1,
  });
  const facts = ["a", "b", "c"].map((id) => ({ id, kind: "TP" as const, members: 4 }));
  const found = bandwidthGroups([group("a", 5), group("b", 9), group("c", 5, 2048), group("d", Number.NaN)], facts);
  expect(found.map(({ rows }) => rows.map(({ communicator }) => communicator))).toEqual([["c"], ["b", "a"]]);
  expect(found[0]!.rows[0]!.score).toBeNull();
});

describe("what ranks last did", () => {
  const waiting = { group: "DP (3)", collective: "AllReduce", seq: 9, state: "waiting" as const, waitsFor: [2] };
  test("the same is told together, who left no dump first", () => {
    const groups = doingGroups([
      { rank: 0, ...waiting },
      { rank: 1, ...waiting },
      { rank: 2, state: "no dump", waitsFor: [] },
    ]);
    expect(groups).toEqual([
      { state: "no dump", operation: null, ranks: [2], waitsFor: [] },
      { state: "waiting", operation: "AllReduce 9 of DP (3)", ranks: [0, 1], waitsFor: [2] },
    ]);
  });
  test.each([
    [[3, 1, 2, 7], "1-3, 7"],
    [[5], "5"],
    [Array.from({ length: 40 }, (_, at) => at * 2), "0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22 and more, 40 in all"],
  ])("%j is %s", (ranks, text) => expect(rankRanges(ranks)).toBe(text));
});
