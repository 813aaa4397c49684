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

function againstPeers(
  asked: readonly ReplicaCells[],
  sound: readonly ReplicaCells[],
  feature: string,
  phi: number,
  options: Partial<JudgeOptions>,
): FeatureJudgement[] {
  const inputs = asked.map((each) => {
    const peers = sound.filter((other) => other !== each);
    return {
      kind: "input" as const,
      feature,
      current: each.cells,
      currentMissing: each.missing,
      baseline: mergeAll(peers.map(({ cells }) => cells)) ?? each.cells,
      baselineMissing: peers.reduce((sum, { missing }) => sum + missing, 0),
      noise: { ...nothingLearnt, phi },
    };
  });
  return judgeWindow(inputs, options);
}
