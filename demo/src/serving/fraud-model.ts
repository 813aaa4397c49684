/**
 * fraud-score, a classifier of payments: what its replicas see in a stretch of time, and what becomes of its scores. Every
 * window is a function of (seed, replica, time, faults): no state.
 */
import type { ModelEffect } from "../model/faults.ts";
import { demandShare, type ServingProfile } from "../model/load.ts";
import { smoothNoise } from "../model/noise.ts";
import { workingHours } from "./chat-model.ts";
import { type Arrivals, Draws, drawArrivals, drawCells, requestsOf } from "./draws.ts";
import { betaShares, type LogNormal, logNormalShares, meanOf, middlesOf } from "./shares.ts";

/** Requests a second that one replica can answer. */
const CAPACITY_PER_SECOND = 90;
export const FIRST_VERSION = "v11";

const AMOUNT_EDGES = [1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 250, 500, 1000, 2500, 5000, 10_000];
const AGE_EDGES = [1, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1460, 2920];
export const SCORE_CELLS = 20;

type NumericFeature = {
  readonly feature: string;
  readonly edges: readonly number[];
  readonly parts: (timeMs: number, seed: number, stream: number) => readonly LogNormal[];
};

const NUMERIC: readonly NumericFeature[] = [
  {
    feature: "amount_eur",
    edges: AMOUNT_EDGES,
    parts: (timeMs, seed, stream) => {
      const business = 0.1 + 0.07 * workingHours(timeMs);
      const prices = 1 + 0.02 * smoothNoise(seed, stream + 81, timeMs, 6 * 3_600_000);
      return [
        { weight: 1 - business, median: 34 * prices, sigma: 0.95 },
        { weight: business, median: 420 * prices, sigma: 0.8 },
      ];
    },
  },
  { feature: "account_age_days", edges: AGE_EDGES, parts: () => [{ weight: 1, median: 310, sigma: 1.3 }] },
];

const CATEGORICAL: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  country: { DE: 0.41, FR: 0.19, GB: 0.13, NL: 0.1, PL: 0.09, ES: 0.08 },
  channel: { app: 0.52, web: 0.31, terminal: 0.14, phone: 0.03 },
};

export const FRAUD_CATEGORIES: readonly string[] = Object.keys(CATEGORICAL);
export const FRAUD_INPUTS: readonly string[] = [...NUMERIC.map(({ feature }) => feature), ...FRAUD_CATEGORIES];

/** What the versions make of the same payments: harmless ones, and those that deserve a look, by their scores. */
const HARMLESS = betaShares(0.8, 7, SCORE_CELLS);
const SUSPICIOUS = betaShares(5, 2, SCORE_CELLS);
const HARMLESS_LATER = betaShares(2, 5, SCORE_CELLS);
const SUSPICIOUS_SHARE = 0.14;
/** Below the first: approved; from the second on: declined. In cells of the score. */
const REVIEW_FROM = 8;
const DECLINE_FROM = 15;

export type NumericCells = {
  readonly form: "numeric";
  readonly feature: string;
  /** With the open ends, -Infinity before and Infinity after. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly missing: number;
  readonly sum: number;
};
export type CategoryCounts = {
  readonly form: "categories";
  readonly feature: string;
  readonly kind: "input" | "prediction";
  readonly counts: ReadonlyMap<string, number>;
  readonly missing: number;
};
/** By cell of (0, 1): how many, and of these with label 1, once labels have come. */
export type ScoreCells = {
  readonly counts: readonly number[];
  readonly positives: readonly number[];
};

export type FraudWindow = {
  readonly version: string;
  readonly numeric: readonly NumericCells[];
  readonly categorical: readonly CategoryCounts[];
  readonly score: ScoreCells;
};

export type FraudReplica = {
  readonly seed: number;
  readonly stream: number;
  readonly replica: number;
  readonly profile: ServingProfile;
};

/** Bounds of the score's cells, 0 to 1. */
export const SCORE_BOUNDS: readonly number[] = Array.from({ length: SCORE_CELLS + 1 }, (_, i) => i / SCORE_CELLS);

/** What the replica saw in [sinceMs, untilMs), under what is planted in the middle of it. */
export function fraudWindow(own: FraudReplica, sinceMs: number, untilMs: number, effect: ModelEffect): FraudWindow {
  const { seed, stream, replica, profile } = own;
  const middleMs = (sinceMs + untilMs) / 2;
  const draws = new Draws(seed, stream + 9_000 + replica, Math.floor(untilMs / 1000));
  const demand = demandShare(profile, seed, stream, middleMs) * effect.traffic;
  const arrivals = drawArrivals(draws, (CAPACITY_PER_SECOND * demand * (untilMs - sinceMs)) / 1000);
  const numeric = NUMERIC.map(({ feature, edges, parts }) =>
    numericCells(draws, arrivals, feature, edges, parts(middleMs, seed, stream), effect),
  );
  const inputs = Object.entries(CATEGORICAL).map(([feature, shares]) =>
    categoryCounts(draws, arrivals, feature, shares, effect),
  );
  const score = scoreCells(draws, arrivals, effect);
  return {
    version: effect.version ?? FIRST_VERSION,
    numeric,
    categorical: [...inputs, decisions(score)],
    score,
  };
}

function numericCells(
  draws: Draws,
  arrivals: Arrivals,
  feature: string,
  edges: readonly number[],
  parts: readonly LogNormal[],
  effect: ModelEffect,
): NumericCells {
  const { kept, missing } = withoutMissing(draws, arrivals, feature, effect);
  const counts = new Float64Array(edges.length + 1);
  drawCells(draws, kept, logNormalShares(parts, edges), counts);
  const bounds = [Number.NEGATIVE_INFINITY, ...edges, Number.POSITIVE_INFINITY];
  const sum = Math.round(meanOf(counts, middlesOf(edges)));
  return { form: "numeric", feature, bounds, counts: Array.from(counts), missing, sum };
}

function categoryCounts(
  draws: Draws,
  arrivals: Arrivals,
  feature: string,
  usual: Readonly<Record<string, number>>,
  effect: ModelEffect,
): CategoryCounts {
  const { kept, missing } = withoutMissing(draws, arrivals, feature, effect);
  const newcomer = effect.newCategories.get(feature);
  const left = 1 - (newcomer?.share ?? 0);
  const shares = new Map(Object.entries(usual).map(([category, share]) => [category, share * left]));
  if (newcomer !== undefined) shares.set(newcomer.category, (shares.get(newcomer.category) ?? 0) + newcomer.share);
  const counts = new Float64Array(shares.size);
  drawCells(draws, kept, [...shares.values()], counts);
  const categories = [...shares.keys()].map((category, i) => [category, counts[i]!] as const);
  // Who counts categories has no line for one that did not come.
  const seen = new Map(categories.filter(([, count]) => count > 0));
  return { form: "categories", feature, kind: "input", counts: seen, missing };
}

/** A client that sends no value does so for whole sessions. */
function withoutMissing(draws: Draws, arrivals: Arrivals, feature: string, { missing }: ModelEffect) {
  // A few come without any in every hour.
  const share = Math.max(0.004, missing.get(feature) ?? 0);
  const gone = {
    single: draws.binomial(arrivals.single, share),
    sessions: draws.binomial(arrivals.sessions, share),
  };
  const kept = { single: arrivals.single - gone.single, sessions: arrivals.sessions - gone.sessions };
  return { kept, missing: requestsOf(gone) };
}

function scoreCells(draws: Draws, arrivals: Arrivals, effect: ModelEffect): ScoreCells {
  const first = scoreShares(HARMLESS);
  const shares = effect.version === undefined ? first : scoreShares(HARMLESS_LATER);
  const counts = new Float64Array(SCORE_CELLS);
  drawCells(draws, arrivals, shares, counts);
  const base = meanOf(first, CELL_MIDDLES);
  // The first version's score is the chance it says; another version makes no more fraud of the same payments.
  const calibration = base / meanOf(shares, CELL_MIDDLES);
  const positives = Array.from(counts, (count, cell) => {
    // Fraud that has learnt to look harmless is as frequent at any score.
    const chance = CELL_MIDDLES[cell]! * calibration * (1 - effect.conceptLost) + base * effect.conceptLost;
    return draws.binomial(count, Math.min(1, chance));
  });
  return { counts: Array.from(counts), positives };
}

function scoreShares(harmless: Float64Array): Float64Array {
  return harmless.map((share, cell) => share * (1 - SUSPICIOUS_SHARE) + SUSPICIOUS[cell]! * SUSPICIOUS_SHARE);
}

const CELL_MIDDLES = Array.from({ length: SCORE_CELLS }, (_, cell) => (cell + 0.5) / SCORE_CELLS);

/** Sum of the scores in each cell, as far as the cell tells it. */
export function scoreSums(counts: readonly number[]): number[] {
  return counts.map((count, cell) => count * CELL_MIDDLES[cell]!);
}

function decisions({ counts }: ScoreCells): CategoryCounts {
  const of = (from: number, to: number) => counts.slice(from, to).reduce((sum, count) => sum + count, 0);
  const all: [string, number][] = [
    ["approve", of(0, REVIEW_FROM)],
    ["review", of(REVIEW_FROM, DECLINE_FROM)],
    ["decline", of(DECLINE_FROM, SCORE_CELLS)],
  ];
  const seen = new Map(all.filter(([, count]) => count > 0));
  return { form: "categories", feature: "decision", kind: "prediction", counts: seen, missing: 0 };
}
