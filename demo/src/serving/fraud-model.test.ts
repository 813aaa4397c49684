import { describe, expect, test } from "vitest";
import { describeCluster } from "../model/cluster.ts";
import { type ModelEffect, NO_MODEL_EFFECT } from "../model/faults.ts";
import { DEFAULT_LAYOUT } from "../model/layout.ts";
import { ClassifierFleet, LABELS_AFTER_MS } from "./classifier-fleet.ts";
import { type FraudWindow, fraudWindow } from "./fraud-model.ts";
import type { ObservationBody } from "./observation-body.ts";
import { servedModels } from "./served-models.ts";
import { fraudRows } from "./window-rows.ts";

const START = Date.UTC(2026, 10, 18, 9);
const cluster = describeCluster(DEFAULT_LAYOUT);
const { stream, profile } = servedModels(cluster).find(({ name }) => name === "fraud-score")!;

function windowOf(change: Partial<ModelEffect> = {}, lastsMs = 600_000): FraudWindow {
  const effect = { ...NO_MODEL_EFFECT, ...change };
  return fraudWindow({ seed: 7, stream, replica: 0, profile }, START, START + lastsMs, effect);
}

const sum = (counts: Iterable<number>) => [...counts].reduce((all, count) => all + count, 0);

/** Area under the curve of scores in cells: a tie counts half. */
function auc({ score }: FraudWindow): number {
  let [negatives, positives, area] = [0, 0, 0];
  score.counts.forEach((count, cell) => {
    const own = count - score.positives[cell]!;
    area += score.positives[cell]! * (negatives + own / 2);
    negatives += own;
    positives += score.positives[cell]!;
  });
  return area / (negatives * positives);
}

const inputs = ({ numeric, categorical }: FraudWindow) => ({
  numeric,
  categorical: categorical.filter(({ kind }) => kind === "input"),
});

describe("fraud-score", () => {
  const usual = windowOf();
  const requests = sum(usual.score.counts);

  test("every feature tells of the same requests, missing ones counted", () => {
    expect(requests).toBeGreaterThan(10_000);
    for (const { counts, missing } of usual.numeric) expect(sum(counts) + missing).toBe(requests);
    for (const { counts, missing } of usual.categorical) expect(sum(counts.values()) + missing).toBe(requests);
  });

  test("its scores are calibrated: a cell's share of fraud is the score it stands for", () => {
    usual.score.counts.forEach((count, cell) => {
      const score = (cell + 0.5) / usual.score.counts.length;
      const spread = Math.sqrt((score * (1 - score)) / count);
      expect(Math.abs(usual.score.positives[cell]! / count - score)).toBeLessThan(4 * spread);
    });
  });

  test("concept drift: labels alone change", () => {
    const drifted = windowOf({ conceptLost: 0.7 });
    expect(inputs(drifted)).toEqual(inputs(usual));
    expect(drifted.score.counts).toEqual(usual.score.counts);
    expect(auc(usual) - auc(drifted)).toBeGreaterThan(0.15);
  });

  test("a deploy: inputs stay, scores and decisions change, and the version tells", () => {
    const deployed = windowOf({ version: "v12" });
    expect([usual.version, deployed.version]).toEqual(["v11", "v12"]);
    expect(inputs(deployed)).toEqual(inputs(usual));
    expect(sum(deployed.score.counts.slice(0, 3))).toBeLessThan(0.75 * sum(usual.score.counts.slice(0, 3)));
  });

  test("a feature goes missing, a category is new; the others stay as they are in shares", () => {
    const missing = windowOf({ missing: new Map([["account_age_days", 0.35]]) });
    const [, age] = missing.numeric;
    expect(age!.missing / requests).toBeCloseTo(0.35, 1);
    const category = { category: "BR", share: 0.18 };
    const [country] = windowOf({ newCategories: new Map([["country", category]]) }).categorical;
    expect(country!.counts.get("BR")! / requests).toBeCloseTo(0.18, 1);
    expect([...usual.categorical[0]!.counts.keys()]).not.toContain("BR");
  });

  test("rows of a past window carry its labels", () => {
    const window = { sinceMs: START, untilMs: START + 600_000 };
    const rows = fraudRows({ model: "fraud-score", pod: "fraud-score-0" }, window, usual);
    expect(rows.map(({ kind, feature }) => `${kind} ${feature}`)).toEqual([
      "input amount_eur",
      "input account_age_days",
      "input country",
      "input channel",
      "prediction decision",
      "score score",
    ]);
    expect(rows.at(-1)).toMatchObject({ replica: "fraud-score-0", version: "v11", positives: usual.score.positives });
  });
});

describe("ClassifierFleet", () => {
  test("each replica tells of each window once, and of its labels two minutes later", () => {
    const sent: { key: string; atMs: number; body: ObservationBody }[] = [];
    let nowMs = START + 7000;
    const fleet = new ClassifierFleet({
      cluster,
      seed: 7,
      faults: [],
      startMs: nowMs,
      windowMs: 30_000,
      send: (key, body) => sent.push({ key, body, atMs: nowMs }),
    });
    for (; nowMs <= START + 300_000; nowMs += 1000) fleet.advance(nowMs);
    expect(new Set(sent.map(({ key }) => key)).size).toBe(sent.length);
    const observed = sent.filter(({ key }) => key.endsWith("/observed"));
    const labelled = sent.filter(({ key }) => key.endsWith("/labelled"));
    expect(observed).toHaveLength(2 * 10);
    expect(labelled).toHaveLength(2 * 6);
    for (const { body, atMs } of observed) expect(atMs - Date.parse(body.until)).toBeLessThan(1000);
    for (const { body, atMs } of labelled) {
      expect(atMs - Date.parse(body.until)).toBeGreaterThanOrEqual(LABELS_AFTER_MS);
      expect(body.features).toHaveLength(1);
    }
    const { labels } = labelled[0]!.body.features[0] as { labels: Record<string, number[]> };
    const same = observed.find(({ body }) => body.source === labelled[0]!.body.source)!.body.features.at(-1);
    const { counts } = same as { counts: number[] };
    expect(labels["0"]!.map((zeros, cell) => zeros + labels["1"]![cell]!)).toEqual(counts);
  });
});
