/** A model's window against its baselines: every feature of every version. Pure. */

import { judgeWindow } from "@lockstep/analysis/drift/judge-window";
import type { FeatureInput, FeatureJudgement } from "@lockstep/analysis/drift/judgement";
import type { LearntBaseline } from "@lockstep/analysis/drift/learn-noise";
import { divergentReplicas, type ReplicaCells } from "@lockstep/analysis/drift/replica-divergence";
import type { DriftBaseline } from "@lockstep/schemas/domain/drift-finding";
import type { LabelledCells, ObservedKind } from "@lockstep/schemas/domain/observed";
import type { JudgedFeature } from "./judged-feature.ts";
import { featureKey, type WindowFeature } from "./model-window.ts";
import { emptied, type Summed, summed } from "./stored-cells.ts";

export type BaselineFeature = LearntBaseline & {
  readonly kind: ObservedKind;
  readonly feature: string;
  /** Of a score, where labels have come, over the bounds of the baseline. */
  readonly labelled: LabelledCells | undefined;
  /** Of a score: what it was learnt from. */
  readonly windows?: readonly Summed[];
};

export type WindowBaseline = {
  readonly name: Exclude<DriftBaseline, "replicas">;
  /** By featureKey. */
  readonly features: ReadonlyMap<string, BaselineFeature>;
};

/** More than these are not compared with each other; which ones are left out is by name. */
const maxReplicas = 64;

export type VersionInput = {
  readonly version: string;
  readonly features: ReadonlyMap<string, WindowFeature>;
  readonly baselines: readonly WindowBaseline[];
  readonly compareReplicas: boolean;
  /** Said of features that have nothing to be compared with. */
  readonly noBaseline: string;
};

export function judgeVersion(input: VersionInput): JudgedFeature[] {
  const { version, features, baselines, compareReplicas, noBaseline } = input;
  const replicas = compareReplicas
    ? [...features.values()].flatMap((each) => ofReplicas(each, version, baselines))
    : [];
  const sound = withoutBroken(features, replicas);
  const against = baselines.flatMap(({ name, features: known }) =>
    judgeWindow(inputsOf(sound, known)).map(
      (judgement): JudgedFeature => ({ ...judgement, version, baseline: name, segment: "" }),
    ),
  );
  const judged = new Set(against.map(({ kind, feature }) => featureKey(kind, feature)));
  const alone = [...features.values()]
    .filter(({ kind, feature }) => !judged.has(featureKey(kind, feature)))
    .map((each) => ({ ...notJudged(each, noBaseline), version, baseline: "season" as const, segment: "" }));
  return [...against, ...alone, ...replicas];
}

/** What a broken replica sees is no change of the data: it is judged by what its peers see. */
function withoutBroken(
  features: ReadonlyMap<string, WindowFeature>,
  replicas: readonly JudgedFeature[],
): ReadonlyMap<string, WindowFeature> {
  const broken = new Map<string, Set<string>>();
  for (const { kind, feature, segment, verdict } of replicas) {
    if (verdict !== "drift" && verdict !== "data_quality") continue;
    const key = featureKey(kind, feature);
    broken.set(key, (broken.get(key) ?? new Set()).add(segment));
  }
  if (broken.size === 0) return features;
  return new Map(
    [...features].map(([key, each]) => {
      const sound = [...each.replicas].filter(([replica]) => !broken.get(key)?.has(replica));
      return [key, broken.has(key) ? { ...each, all: summed(sound.map(([, its]) => its)) } : each];
    }),
  );
}

function inputsOf(
  current: ReadonlyMap<string, WindowFeature>,
  baseline: ReadonlyMap<string, BaselineFeature>,
): FeatureInput[] {
  const inputs: FeatureInput[] = [];
  for (const [key, { kind, feature, baseline: cells, baselineMissing, noise }] of baseline) {
    const now = current.get(key)?.all;
    // Numbers and categories under one name: nothing to compare with either.
    if (now !== undefined && now.cells === undefined) continue;
    const own = now?.cells ?? emptied(cells);
    inputs.push({
      ...{ kind, feature, current: own, currentMissing: now?.missing ?? 0 },
      ...{ baseline: cells, baselineMissing, noise },
    });
  }
  return inputs;
}

function notJudged({ kind, feature, all }: WindowFeature, why: string): FeatureJudgement {
  const mixed = `${feature} came as numbers and as categories: send it as one of them`;
  return {
    ...{ kind, feature, verdict: "not_enough_data", reason: all.cells === undefined ? mixed : `${feature}: ${why}` },
    ...{ nBaseline: 0, nCurrent: rowsOf(all.cells), cells: 0, p: undefined, q: undefined },
    ...{ method: "psi", distance: undefined, threshold: Number.NaN, expected: undefined, distances: {} },
    ...{ approximate: false, missingRate: undefined, newShare: undefined, lostShare: undefined, outside: undefined },
  };
}

function rowsOf(cells: WindowFeature["all"]["cells"]): number {
  if (cells === undefined) return 0;
  if (cells.form === "categories") return [...cells.counts.values()].reduce((sum, count) => sum + count, 0);
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  if (cells.form === "explicit") return sum(cells.counts);
  return cells.zeroCount + sum(cells.positive.counts) + sum(cells.negative.counts);
}

function ofReplicas(
  { kind, feature, replicas }: WindowFeature,
  version: string,
  baselines: readonly WindowBaseline[],
): JudgedFeature[] {
  const told = [...replicas]
    .filter(([replica, { cells }]) => replica !== "" && cells !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, maxReplicas)
    .map(([replica, { cells, missing }]): ReplicaCells => ({ replica, cells: cells!, missing }));
  const phi = Math.max(1, ...baselines.map(({ features }) => features.get(featureKey(kind, feature))?.noise.phi ?? 1));
  return divergentReplicas(told, feature, { phi }).map(({ replica, judgement, divergent }) => ({
    ...judgement,
    ...(divergent ? {} : asPeer(judgement)),
    ...{ kind, version, baseline: "replicas", segment: replica },
  }));
}

/** Where as many differ as do not, nobody can say who is broken. */
function asPeer({ verdict, reason }: FeatureJudgement): Pick<FeatureJudgement, "verdict" | "reason"> {
  if (verdict === "no_drift" || verdict === "not_enough_data") return { verdict, reason };
  return { verdict: "no_drift", reason: `${reason}, and so do so many of its peers that none can be called broken` };
}
