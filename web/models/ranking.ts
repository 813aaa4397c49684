/** Which features of a model moved, and what its versions and replicas tell of it. */
import type { ModelReplicaRow } from "@lockstep/schemas/queries/model-page-replicas";
import type { ModelWindowsRow } from "@lockstep/schemas/queries/model-page-windows";
import type { Values } from "../fleet/grids.ts";
import type { ModelFinding } from "./finding-view.ts";
import { spread } from "./stretch.ts";

export type RankedFeature = {
  readonly kind: string;
  readonly feature: string;
  /** Of the version and baseline that it is farthest from, in the newest window. */
  readonly version: string;
  readonly baseline: string;
  readonly verdict: string;
  readonly reason: string;
  readonly method: string;
  readonly distance: number | null;
  readonly threshold: number | null;
  readonly expected: number | null;
  /** Distance over threshold: how much of the change it carries. */
  readonly ratio: number | null;
  readonly missingRate: number | null;
  readonly n: number;
  /** Unix ms; null where it has not moved. */
  readonly sinceMs: number | null;
  readonly distances: Values;
  readonly thresholds: Values;
};

type Grid = { readonly fromMs: number; readonly stepMs: number; readonly points: number };

/** The farthest first; one row for each kind and feature. */
export function rankedFeatures(
  rows: readonly ModelWindowsRow[],
  findings: readonly ModelFinding[],
  grid: Grid,
): RankedFeature[] {
  const groups = [...Map.groupBy(rows, ({ kind, feature }) => `${kind} ${feature}`).values()];
  return groups.map((group) => rankedFeature(group, findings, grid)).sort(byRatio);
}

function rankedFeature(
  group: readonly ModelWindowsRow[],
  findings: readonly ModelFinding[],
  grid: Grid,
): RankedFeature {
  const row = group.reduce((worst, each) => (isWorse(each, worst) ? each : worst));
  const { kind, feature, version, baseline, verdict, reason, method, distance, threshold, expected } = row;
  return {
    ...{ kind, feature, version, baseline, verdict, reason, method, distance, threshold, expected },
    ratio: ratioOf(row),
    missingRate: row.missingRate,
    n: row.n,
    sinceMs: sinceOf(row, findings, grid),
    distances: spread(row.places, row.distances, grid.points),
    thresholds: spread(row.places, row.thresholds, grid.points),
  };
}

const WEIGHT: Readonly<Record<string, number>> = { drift: 3, data_quality: 2, no_drift: 1, not_enough_data: 0 };

function isWorse(a: ModelWindowsRow, b: ModelWindowsRow): boolean {
  const weight = (WEIGHT[a.verdict] ?? 0) - (WEIGHT[b.verdict] ?? 0);
  return weight > 0 || (weight === 0 && (ratioOf(a) ?? -1) > (ratioOf(b) ?? -1));
}

export function ratioOf({ distance, threshold }: Pick<ModelWindowsRow, "distance" | "threshold">): number | null {
  return distance === null || threshold === null || !(threshold > 0) ? null : distance / threshold;
}

function byRatio(a: RankedFeature, b: RankedFeature): number {
  const weight = (WEIGHT[b.verdict] ?? 0) - (WEIGHT[a.verdict] ?? 0);
  return weight || (b.ratio ?? -1) - (a.ratio ?? -1) || (a.feature < b.feature ? -1 : 1);
}

/** Of the open finding; else of the newest windows in a row that drifted. */
function sinceOf(row: ModelWindowsRow, findings: readonly ModelFinding[], { fromMs, stepMs }: Grid): number | null {
  const own = findings.filter(
    ({ closedMs, feature, of, kind }) =>
      closedMs === null && kind !== "broken_replica" && feature === row.feature && (of === null || of === row.kind),
  );
  if (own.length > 0) return Math.min(...own.map((finding) => finding.fromMs));
  let first: number | null = null;
  for (let at = row.drifts.length - 1; at >= 0 && row.drifts[at] === 1; at -= 1) {
    first = fromMs + row.places[at]! * stepMs;
  }
  return first;
}

/** A replica against the others; the feature is the one that differs most. */
export type ReplicaState = Omit<ModelReplicaRow, "places" | "worst"> & {
  /** Worst distance over threshold, over time. */
  readonly history: Values;
};

export function replicaStates(rows: readonly ModelReplicaRow[], points: number): ReplicaState[] {
  return rows.map(({ places, worst, ...row }) => ({ ...row, history: spread(places, worst, points) }));
}

/**
 * A replica that differs is in the pool that the others are compared with, and pulls it away from them: only those that are
 * this many times as far as the middle one are broken.
 */
const OUTLIER = 2;

/** Those that differ by themselves, not only because another one does. */
export function brokenReplicas(states: readonly ReplicaState[]): ReplicaState[] {
  const ratios = states.map((state) => ratioOf(state) ?? 0).sort((a, b) => a - b);
  const middle = ratios[(ratios.length - 1) >> 1] ?? 0;
  return states.filter((state) => state.differing > 0 && (ratioOf(state) ?? 0) >= OUTLIER * middle);
}

/** Whether one replica is broken or the data changed for all; null where replicas were not compared. */
export function replicaSentence(states: readonly ReplicaState[], modelDrifts: boolean): string | null {
  if (states.length === 0) return null;
  const any = states.filter((state) => state.differing > 0);
  const broken = brokenReplicas(states);
  const differing = broken.length > 0 ? broken : any;
  if (differing.length === 0) {
    const all = states.length === 1 ? "The only compared replica is" : `All ${states.length} replicas are`;
    return modelDrifts ? `${all} alike: they move together, so the data changed` : `${all} alike`;
  }
  if (differing.length * 2 > states.length)
    return `${differing.length} of ${states.length} replicas differ from each other: they are not given the same`;
  const names = differing.slice(0, 3).map(({ replica }) => replica);
  const more = differing.length > 3 ? ` and ${differing.length - 3} more` : "";
  return differing.length === 1
    ? `Replica ${names[0]} differs from the other ${states.length - 1}: a broken replica`
    : `Replicas ${names.join(", ")}${more} differ from the other ${states.length - differing.length}: broken replicas`;
}

export type VersionState = {
  readonly version: string;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Rows in the stretch that is shown. */
  readonly rows: number;
  /** Against the version before; null where it was not compared. */
  readonly against: {
    readonly features: number;
    readonly differing: number;
    readonly kind: string;
    readonly feature: string;
    readonly method: string;
    readonly distance: number | null;
    readonly threshold: number | null;
    readonly reason: string;
  } | null;
};

export function versionStates(
  seen: readonly { readonly version: string; readonly firstAt: number; readonly lastAt: number }[],
  rowsOf: ReadonlyMap<string, number>,
  windows: readonly ModelWindowsRow[],
): VersionState[] {
  const compared = Map.groupBy(
    windows.filter(({ baseline }) => baseline === "version"),
    ({ version }) => version,
  );
  return [...seen]
    .sort((a, b) => b.firstAt - a.firstAt)
    .map(({ version, firstAt, lastAt }) => {
      const own = compared.get(version);
      const worst = own?.reduce((far, each) => (isWorse(each, far) ? each : far));
      return {
        version,
        firstMs: firstAt,
        lastMs: lastAt,
        rows: rowsOf.get(version) ?? 0,
        against:
          own === undefined || worst === undefined
            ? null
            : {
                features: own.length,
                differing: own.filter((row) => row.verdict === "drift").length,
                kind: worst.kind,
                feature: worst.feature,
                method: worst.method,
                distance: worst.distance,
                threshold: worst.threshold,
                reason: worst.reason,
              },
      };
    });
}
