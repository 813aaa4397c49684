/** What the product says of windows of served models: each feature against its season, and each replica against its peers. */
import { judgeWindow } from "@lockstep/analysis/drift/judge-window";
import { type LearntBaseline, learnNoise } from "@lockstep/analysis/drift/learn-noise";
import { mergeAll } from "@lockstep/analysis/drift/merge-cells";
import { divergentReplicas } from "@lockstep/analysis/drift/replica-divergence";
import type { DriftVerdict } from "@lockstep/schemas/domain/drift-finding";
import type { Observed } from "@lockstep/schemas/domain/observed";
import type { ObservedWindow } from "./serving-run.ts";

/** `of`: kind and feature, after the replica where it is one's. */
export type Said = { readonly of: string; readonly verdict: DriftVerdict };

/** By kind and feature, what the windows of a season tell. */
export type Season = ReadonlyMap<string, LearntBaseline>;

export function learnSeason(windows: readonly ObservedWindow[]): Season {
  const of = new Set(windows.flatMap(({ observed }) => observed.map(keyOf)));
  return new Map(
    [...of].flatMap((key) => {
      const sums = windows.map(({ observed }) => sumOf(observed.filter((each) => keyOf(each) === key)));
      const learnt = learnNoise(sums.filter((each) => each !== undefined));
      return learnt === undefined ? [] : [[key, learnt]];
    }),
  );
}

/** All replicas together, against their season. */
export function judgeAll(season: Season, { observed }: ObservedWindow): Said[] {
  const inputs = [...Map.groupBy(observed, keyOf)].flatMap(([of, own]) => {
    const learnt = season.get(of);
    const now = sumOf(own);
    if (learnt === undefined || now === undefined) return [];
    const { kind, feature } = own[0]!;
    return [{ kind, feature, current: now.cells, currentMissing: now.missing, ...learnt }];
  });
  return judgeWindow(inputs).flatMap(({ kind, feature, verdict }) => said(`${kind} ${feature}`, verdict));
}

/** Over-dispersion of requests in sessions, about what a season of windows shows. */
const SESSIONS_PHI = 2.5;

/** Each replica against its peers at the same time. */
export function judgeReplicas({ observed }: ObservedWindow): Said[] {
  return [...Map.groupBy(observed, keyOf)].flatMap(([of, own]) =>
    divergentReplicas(own, of, { phi: SESSIONS_PHI }).flatMap(({ replica, judgement, divergent }) =>
      divergent ? said(`${replica} ${of}`, judgement.verdict) : [],
    ),
  );
}

function said(of: string, verdict: DriftVerdict): Said[] {
  return verdict === "drift" || verdict === "data_quality" ? [{ of, verdict }] : [];
}

function keyOf({ kind, feature }: Observed): string {
  return `${kind} ${feature}`;
}

function sumOf(observed: readonly Observed[]) {
  const cells = mergeAll(observed.map((each) => each.cells));
  return cells && { cells, missing: observed.reduce((sum, { missing }) => sum + missing, 0) };
}
