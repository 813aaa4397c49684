/** What is said of a model: stored in `findings` beside those of jobs. Keys as they are stored. */
import type { Confidence, Evidence } from "./finding.ts";
import type { ObservedKind } from "./observed.ts";

/**
 * `drift`: the data or the predictions changed. `broken_replica`: one replica's differ from those of its peers at the same time.
 * `data_quality`: values missing, new, lost or out of range. `performance`: estimated or realised performance left its band.
 */
export type DriftFindingKind = "drift" | "broken_replica" | "data_quality" | "performance";

/** The distance that decides: debiased PSI, debiased Jensen-Shannon distance (base 2), or Wasserstein-1 over the baseline's standard deviation. */
export type DriftMethod = "psi" | "js" | "w1";

export type DriftBaseline = "training" | "season" | "version" | "replicas";

export type DriftVerdict = "drift" | "no_drift" | "not_enough_data" | "data_quality";

export type DriftFinding = {
  readonly kind: DriftFindingKind;
  readonly model: string;
  readonly version?: string;
  readonly replica?: string;
  readonly feature?: string;
  readonly of?: ObservedKind;
  readonly baseline?: DriftBaseline;
  /** Milliseconds since 1970: beginning of the first window that showed it, and end of the newest. */
  readonly from: number;
  readonly to: number;
  readonly method?: DriftMethod;
  readonly distance?: number;
  readonly threshold?: number;
  /** Of the distance, by chance alone. */
  readonly expected?: number;
  readonly q?: number;
  readonly n?: number;
  readonly confidence: Confidence;
  /** One sentence as an engineer would say it: "prompt_tokens moved to longer prompts at 09:40 (JS 0.21, expected noise 0.02, n = 48,112)". */
  readonly summary: string;
  readonly evidence: readonly Evidence[];
};
