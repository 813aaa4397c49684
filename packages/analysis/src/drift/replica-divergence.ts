/**
 * A broken replica differs from its peers at the same time; where the data changed, all of them change together and nobody
 * differs. The worst is taken out before the others are looked at again, so that one that is broken makes no healthy one look so.
 */
import type { Cells } from "@lockstep/schemas/domain/observed";
import { judgeWindow } from "./judge-window.ts";
import type { FeatureJudgement, JudgeOptions } from "./judgement.ts";
import { nothingLearnt } from "./learn-noise.ts";
import { mergeAll } from "./merge-cells.ts";

export type ReplicaCells = { readonly replica: string; readonly cells: Cells; readonly missing: number };

export type ReplicaJudgement = {
  readonly replica: string;
  readonly judgement: FeatureJudgement;
  readonly divergent: boolean;
};

/** Of two nobody can say which is broken. */
const leastReplicas = 3;

/** Each replica's feature against all its sound peers together; empty of fewer than three replicas. `phi`: the feature's over-dispersion. */
export function divergentReplicas(
  replicas: readonly ReplicaCells[],
  feature: string,
  { phi = 1, ...options }: Partial<JudgeOptions> & { readonly phi?: number } = {},
): ReplicaJudgement[] {
  if (replicas.length < leastReplicas) return [];
  const broken = new Set<ReplicaCells>();
  // As long as those that are left are more than those that were taken out.
  while (2 * (broken.size + 1) < replicas.length) {
    const sound = replicas.filter((each) => !broken.has(each));
    const judged = againstPeers(sound, sound, feature, phi, options);
    const worst = judged
      .map((judgement, at) => ({ judgement, replica: sound[at]! }))
      .filter(({ judgement }) => differs(judgement))
      .sort((a, b) => (b.judgement.distance ?? 0) - (a.judgement.distance ?? 0))[0];
    if (worst === undefined) break;
    broken.add(worst.replica);
  }
  const sound = replicas.filter((each) => !broken.has(each));
  const judged = againstPeers(replicas, sound, feature, phi, options);
  return replicas.map((each, at) => ({ replica: each.replica, judgement: judged[at]!, divergent: broken.has(each) }));
}

function differs({ verdict }: FeatureJudgement): boolean {
  return verdict === "drift" || verdict === "data_quality";
}

/** Those asked that are among the sound are compared with the other sound ones, the others with all of them. */
function againstPeers(
  asked: readonly ReplicaCells[],
  sound: readonly ReplicaCells[],
  feature: string,
  phi: number,
  options: Partial<JudgeOptions>,
): FeatureJudgement[] {
  const baselines = sumsWithoutEach(sound);
  const inputs = asked.map((each) => {
    const baseline = baselines.get(each) ?? baselines.get(undefined)!;
    return {
      kind: "input" as const,
      feature,
      current: each.cells,
      currentMissing: each.missing,
      baseline: baseline.cells,
      baselineMissing: baseline.missing,
      noise: { ...nothingLearnt, phi },
    };
  });
  return judgeWindow(inputs, options);
}

type Sum = { readonly cells: Cells; readonly missing: number };

/** The sum of all but one, by that one; of all by undefined. By sums from either end, for a model may have many replicas. */
function sumsWithoutEach(replicas: readonly ReplicaCells[]): Map<ReplicaCells | undefined, Sum> {
  const added = (a: Sum | undefined, b: Sum | undefined): Sum | undefined =>
    a && b ? { cells: mergeAll([a.cells, b.cells]) ?? a.cells, missing: a.missing + b.missing } : (a ?? b);
  const behind: (Sum | undefined)[] = new Array(replicas.length + 1).fill(undefined);
  for (let at = replicas.length - 1; at >= 0; at--) behind[at] = added(replicas[at], behind[at + 1]);
  const sums = new Map<ReplicaCells | undefined, Sum>([[undefined, behind[0]!]]);
  let before: Sum | undefined;
  for (const [at, replica] of replicas.entries()) {
    sums.set(replica, added(before, behind[at + 1])!);
    before = added(before, replica);
  }
  return sums;
}
